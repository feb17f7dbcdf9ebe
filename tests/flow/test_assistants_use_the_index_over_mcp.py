"""An assistant searches and fetches through the Model Context Protocol, with the protocol's own client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from indexer.config import load_settings
from support.served import document, fill


async def talk(data: Path) -> tuple[list[str], dict[str, Any], dict[str, Any], str]:
    """Return the tools, the answer to a search, the first document of it, and the error of an unknown id."""
    arguments = ["-c", "from indexer.cli import feed_search; feed_search()", "--data", str(data), "mcp"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        hits = content(await session.call_tool("search", {"query": "ferry", "size": 3}))
        whole = content(await session.call_tool("fetch", {"id": hits["results"][0]["id"]}))
        unknown = await session.call_tool("fetch", {"id": "ffffffffffffffff"})
        return tools, hits, whole, unknown.content[0].text if unknown.is_error else ""


def content(result: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = result.structured_content or json.loads(result.content[0].text)
    return parsed


def test_search_and_fetch(tmp_path: Path) -> None:
    fill(load_settings(tmp_path), *(document(n) for n in range(5)))
    tools, hits, whole, error_of_unknown = asyncio.run(talk(tmp_path))
    assert tools == ["search", "fetch"]
    assert hits["total"] == 5
    assert len(hits["results"]) == 3
    assert whole["id"] == hits["results"][0]["id"]
    assert len(whole["text"]) >= len(hits["results"][0]["snippet"])
    assert "there is no document 'ffffffffffffffff'" in error_of_unknown
