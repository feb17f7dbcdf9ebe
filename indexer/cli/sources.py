"""The commands init, add and remove."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import SOURCE, WAIT, command
from indexer.cli.source_settings import refuse_configured
from indexer.config import data_folder, write_template
from indexer.config.source_keys import KINDS, checked
from indexer.errors import SettingsError
from indexer.masking import mask_secrets, masked
from indexer.phrases import number


@command("Write a commented config.toml")
@pass_context
def init(ctx: CommandContext) -> None:
    """Write a commented config.toml into the data folder. An existing file is never overwritten."""
    path = data_folder(ctx.data) / "config.toml"
    if path.exists():
        raise SettingsError(f"{path} already exists", remedy="edit it, or rename it first")
    write_template(path)
    ctx.result(f"Wrote {path}. Next: indexer add URL")
    ctx.json({"config": str(path)})


@command("Add feeds, web pages, sitemaps or OPML files")
@click.argument("url", nargs=-1, required=True)
@click.option("--name", default="", metavar="NAME", help="The name that readers see. Default: the title of the feed.")
@click.option("--language", metavar="CODE", help="Overrides the language that the pages declare. Two letters.")
@click.option("--category", metavar="NAME", help="A category to add to every page of the source.")
@click.option("--kind", type=click.Choice(KINDS), help="What the address is; site: follow the links of its pages.")
@click.option("--include", metavar="CSS", help="Selector of the main text.")
@click.option("--exclude", metavar="CSS", help="Selector of parts to remove from the main text.")
@click.option("--keep", metavar="CSS", help="Selector of parts that must stay.")
@click.option("--pdf", is_flag=True, help="Index the PDF files that the pages link.")
@click.option("--office", is_flag=True, help="Index the docx, odt and pptx files that the pages link.")
@click.option("--every", metavar="INTERVAL", help="Fixed interval between visits: 30m, 6h, 1d. Default: adaptive.")
@WAIT
@pass_context
def add(ctx: CommandContext, /, url: tuple[str, ...], wait: float, **settings: Any) -> None:
    """Add sources and print what was found.

    Each URL may be a feed, a web page that links its feed, a sitemap, or an OPML file or address.
    Adding a source twice changes nothing.
    """
    from indexer.fetch.fetcher import Fetcher
    from indexer.model import Source
    from indexer.sources.discovery import DiscoveryResult, find_sources
    from indexer.sources.registry import store_sources

    fields: dict[str, Any] = {}
    for name, value in settings.items():
        if value:
            fields |= checked(name, value, "add")

    async def look() -> list[DiscoveryResult]:
        async with Fetcher(ctx.settings.crawl) as fetcher:
            return [await find_sources(one, Source("", **fields), fetcher) for one in url]

    ctx.creates_data_folder = True
    with ctx.writing(wait, "add", shared=True):
        rows = []
        for result in asyncio.run(look()):
            if result.problem:
                ctx.failure(result.problem if result.named in result.problem else f"{result.typed}: {result.problem}")
                continue
            ctx.result(f"{result.typed} is {result.what}.")
            for source, is_new in store_sources(ctx.archive, result.sources):
                ctx.result(f"  {'added' if is_new else 'known'}  {source.url}  ({source.name})")
                for alternate in source.alternates:
                    ctx.result(f"         same items: {alternate} (not crawled)")
                row = {"url": source.url, "name": source.name, "kind": source.kind, "added": is_new}
                rows.append(row | {"alternates": list(source.alternates)})
    if any(row["added"] for row in rows):
        ctx.result("Next: indexer crawl")
        ctx.note_contact()
    ctx.json(masked({"sources": rows}))
    ctx.exit_if_failed()


@command("Stop crawling a source")
@SOURCE
@click.option("--forget", is_flag=True, help="Also remove its documents.")
@WAIT
@pass_context
def remove(ctx: CommandContext, source: str, forget: bool, wait: float) -> None:
    """Stop crawling SOURCE (a name or an address). Its documents stay in the index unless --forget is given."""
    from indexer.crawl.extraction_processes.single_page import extract_apart
    from indexer.dedup.document_assigner import drop_documents_of
    from indexer.reindex import catch_up

    with ctx.writing(wait, "remove"):
        state = ctx.source(source)
        refuse_configured(ctx, state.source, remedy="remove it there")
        ctx.archive.sources.remove(state.id)
        dropped = drop_documents_of(ctx.archive, state.id, extract_apart) if forget else 0
        if dropped:
            catch_up(ctx.archive, ctx.engine)
            ctx.engine.drop_previous()  # it holds these documents too
    then = f"{number(dropped, 'document was', 'documents were')} removed" if forget else "its documents stay in the index"
    ctx.result(f"{mask_secrets(state.source.name or state.source.url)} is no longer crawled; {then}.")
    ctx.json({"removed": mask_secrets(state.source.url), "documents_dropped": dropped})
