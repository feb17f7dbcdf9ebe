"""preview, forget, check."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from indexer.cli.context import Context, pass_context
from indexer.errors import IndexerError, NotFound, SettingsError

WAIT = click.option("--wait", type=float, default=60, show_default=True, help="Seconds to wait for another writer.")


@click.command()
@click.argument("page")
@click.option("--url", help="The address that a FILE stands for.")
@click.option("--selector", metavar="CSS", help="Try this selector for the main text.")
@click.option("--exclude", metavar="CSS", help="Try this selector for what to take out.")
@click.option("--keep", metavar="CSS", help="Try this selector for what must stay.")
@pass_context
def preview(ctx: Context, page: str, url: str | None, selector: str | None, exclude: str | None, keep: str | None) -> None:
    """What would be extracted from PAGE (an address, or a file with --url), by which rule, and what is left out and why.

    Nothing is stored. A page of a known source is read with that source's settings and beside its neighbours.
    """
    from indexer.diagnostics.preview import preview as extract
    from indexer.fetch.fetcher import Fetcher
    from indexer.html import is_page
    from indexer.sources.discovery import page_text

    if url is not None:
        try:
            body, kind, address = Path(page).read_bytes(), None, url
        except OSError as error:
            raise SettingsError(f"cannot read {page}: {error.strerror}") from error
        if not is_page(body, ""):
            raise SettingsError(f"{page} is no web page but a picture, a PDF or the like", remedy="save the page as HTML")
    else:

        async def fetch() -> tuple[bytes, str | None, str]:
            async with Fetcher(ctx.settings.crawl) as fetcher:
                return await page_text(page, fetcher)

        body, kind, address = asyncio.run(fetch())
    archive = ctx.archive if ctx.settings.archive_path.exists() else None
    found = extract(body, kind, address, selector, exclude=exclude, keep=keep, archive=archive)
    if found is None:
        raise NotFound(f"no text was found on {address}", remedy="try a CSS selector with --selector")
    ctx.json(found)
    for name in ("title", "language", "date", "rule"):
        ctx.result(f"{name + ':':10} {found[name] or '-'}")
    ctx.result(f"{'authors:':10} {', '.join(found['authors']) or '-'}\n\n{found['text']}")
    for caption in found["captions"]:
        ctx.result(f"\n[caption] {caption}")
    if found["removed"]:
        beside = f", beside {found['neighbours']} pages of the same source" if found["neighbours"] else ""
        ctx.result(f"\nLeft out{beside} (pin a part back with keep, its selector):")
    for part in found["removed"]:
        ctx.result(f"  {part['rule']:24} {part['selector']:40} {part['text']}")


@click.command()
@click.argument("url", nargs=-1, required=True)
@WAIT
@pass_context
def forget(ctx: Context, url: tuple[str, ...], wait: float) -> None:
    """Remove documents for good, and never fetch them again."""
    from indexer.reindex import catch_up
    from indexer.urls import document_id, resolve

    with ctx.archive.lock(wait, "forget"):
        for one in url:
            known = ctx.archive.find_document(one)
            address = resolve(one)
            if known is None and address is None:
                raise SettingsError(f"{one!r} is neither a web address nor the id of a document")
            ids = {known} if known else set()
            ids |= {document_id(address)} if address else set()
            if known is None:
                ctx.note(f"{one} is not in the archive; it will not be fetched")
            ctx.archive.forget(sorted(i for i in ids if i), one)
            ctx.result(f"forgotten: {one}")
        catch_up(ctx.archive, ctx.engine)
    ctx.json({"forgotten": list(url)})


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended: index from archive, archive from the web.")
@WAIT
@pass_context
def check(ctx: Context, repair: bool, wait: float) -> None:
    """Verify archive and index, each in itself and one against the other."""
    from indexer.diagnostics.integrity import check as verify
    from indexer.diagnostics.integrity import repair as mend

    if not ctx.settings.archive_path.exists():
        raise IndexerError(f"{ctx.settings.data} holds no archive", remedy="name the data folder with --data")
    with ctx.archive.lock(wait, "check"):
        problems = mend(ctx.archive, ctx.engine) if repair else verify(ctx.archive, ctx.engine)
    ctx.json({"ok": not problems, "problems": problems})
    for problem in problems:
        ctx.failure(problem)
    if problems:
        if not repair and any(problem.startswith("index:") for problem in problems):
            ctx.note("Mend the index with: indexer check --repair")
        if any(problem.startswith("archive:") for problem in problems):  # which holds what nothing else does
            again = " Pages whose answers cannot be read are fetched again by the next crawl of their source." if repair else ""
            ctx.note(f"The archive should be restored from a backup.{again or ' Without one, try: indexer check --repair'}")
        raise click.exceptions.Exit(3)
    ctx.result("Archive and index are sound.")
