"""init, add, remove."""

from __future__ import annotations

import asyncio

import click

from indexer.cli.context import Context, pass_context
from indexer.config import config_template
from indexer.errors import IndexerError, SettingsError
from indexer.messages import number


@click.command()
@pass_context
def init(ctx: Context) -> None:
    """Write a commented config.toml into the data folder."""
    from indexer.config import data_folder

    path = data_folder(ctx.data) / "config.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(config_template())
    except FileExistsError:
        raise SettingsError(f"{path} is there already", remedy="edit it, or move it away first") from None
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", remedy="choose a folder with --data") from error
    ctx.result(f"Wrote {path}. Next: indexer add URL")
    ctx.json({"config": str(path)})


@click.command()
@click.argument("url", nargs=-1, required=True)
@click.option("--name", default="", help="What people see; else the feed's own title.")
@click.option("--language", help="Two letters, when the pages do not say it or say it wrongly.")
@click.option("--category", help="Added to every page of the source.")
@click.option("--wait", type=float, default=60, show_default=True, help="Seconds to wait for another writer.")
@pass_context
def add(ctx: Context, url: tuple[str, ...], name: str, language: str | None, category: str | None, wait: float) -> None:
    """Add sources: a feed, a web page that names its feed, a sitemap, an OPML file or address."""
    from indexer.analysis.languages import normalize
    from indexer.fetch.fetcher import Fetcher
    from indexer.model import Source
    from indexer.sources.discovery import DiscoveryResult, find_sources, store_sources

    if language and not normalize(language):
        raise SettingsError(f"{language!r} is not a language that is known", remedy='two letters, as in "en", "de", "fr"')

    async def look() -> list[DiscoveryResult]:
        async with Fetcher(ctx.settings.crawl) as fetcher:
            wish = Source("", name=name, language=language, category=category)
            return [await find_sources(one, wish, fetcher) for one in url]

    with ctx.archive.lock(wait, "add"):
        rows = []
        for found in asyncio.run(look()):
            if found.problem:
                ctx.failure(found.problem if found.named in found.problem else f"{found.asked}: {found.problem}")
                continue
            ctx.result(f"{found.asked} is {found.what}.")
            for source, is_new in store_sources(ctx.archive, found.sources):
                ctx.result(f"  {'added' if is_new else 'known'}  {source.url}  ({source.name})")
                rows.append({"url": source.url, "name": source.name, "kind": source.kind, "added": is_new})
    if any(row["added"] for row in rows):
        ctx.result("Next: indexer crawl")
        ctx.note_contact()
    ctx.json({"sources": rows})
    ctx.leave()


@click.command()
@click.argument("source")
@click.option("--forget", is_flag=True, help="Also drop its documents.")
@click.option("--wait", type=float, default=60, show_default=True, help="Seconds to wait for another writer.")
@pass_context
def remove(ctx: Context, source: str, forget: bool, wait: float) -> None:
    """Stop crawling SOURCE (an address or a name)."""
    from indexer.dedup.assigner import drop_documents_of
    from indexer.reindex import catch_up

    with ctx.archive.lock(wait, "remove"):
        state = ctx.source(source)
        if any(one.url == state.source.url for one in ctx.settings.sources):
            raise IndexerError(f"{state.source.url} stands in {ctx.settings.config_path}", remedy="take it out there")
        ctx.archive.remove_source(state.id)
        dropped = drop_documents_of(ctx.archive, state.id) if forget else 0
        if dropped:
            catch_up(ctx.archive, ctx.engine)
    then = f"{number(dropped, 'document was', 'documents were')} dropped" if forget else "its documents stay"
    ctx.result(f"{state.source.name or state.source.url} is not crawled any more; {then}.")
    ctx.json({"removed": state.source.url, "documents_dropped": dropped})
