"""The command mcp of `feed-search`: offer the index to assistants over the Model Context Protocol.

Protocol: https://modelcontextprotocol.io/specification. The two tools have the names and the answers that research assistants
expect: `search` returns addresses and snippets, `fetch` returns the whole text of one document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import command
from indexer.errors import SettingsError
from indexer.model import SearchRequest

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from indexer.search.searcher import Searcher

MAX_HITS: Final = 50
MAX_TEXT_CHARACTERS: Final = 100_000


@command("Offer the index to assistants over MCP")
@pass_context
def mcp(ctx: CommandContext) -> None:
    """Serve the Model Context Protocol on standard input and output, with the tools search and fetch.

    Needs the extra: pip install 'feed-search[mcp]'
    """
    try:
        import mcp.server.mcpserver  # noqa: F401 - the extra is missing if this fails
    except ImportError:
        raise SettingsError(
            "the MCP server needs a package that is not installed", remedy="install it with: pip install 'feed-search[mcp]'"
        ) from None
    mcp_server(ctx.searcher).run("stdio")


def mcp_server(searcher: Searcher) -> MCPServer:
    """Return a server with the tools search and fetch over one index."""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    server = MCPServer("feed-search", instructions="Search the pages of this site's feeds, then fetch the ones that matter.")

    @server.tool()
    def search(query: str, size: int = 10, page: int = 1) -> dict[str, Any]:
        """Search the index. The query language knows "phrases", -exclusions, OR, title:word, prefix*, after:2024 and more."""
        request = SearchRequest(query, page=max(1, page), size=max(1, min(size, MAX_HITS)))
        result = searcher.search(request)
        hits = (*result.hits, *result.partial)
        return {
            "total": result.total,
            "results": [
                {
                    "id": hit.document.id,
                    "title": hit.document.title,
                    "url": hit.document.url,
                    "date": hit.document.date.isoformat() if hit.document.date else None,
                    "snippet": "".join(part.text for part in hit.snippet),
                }
                for hit in hits
            ],
            "did_you_mean": result.did_you_mean.query if result.did_you_mean else None,
        }

    @server.tool()
    def fetch(id: str) -> dict[str, Any]:
        """Return one document with its whole text. The id comes from a search result."""
        document = searcher.reader().document(id)
        if document is None:
            raise ToolError(f"there is no document {id[:40]!r} in the index (search results contain ids)")
        text = document.text or document.summary
        return {
            "id": document.id,
            "title": document.title,
            "url": document.url,
            "text": text[:MAX_TEXT_CHARACTERS],
            "metadata": {
                "date": document.date.isoformat() if document.date else None,
                "language": document.language,
                "source": document.source,
                "authors": list(document.authors),
                "categories": list(document.categories),
                "is_cut": len(text) > MAX_TEXT_CHARACTERS,
            },
        }

    return server
