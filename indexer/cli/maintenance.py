"""The commands preview, forget and check."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.errors import NotFound, SettingsError


@command("Show what would be extracted from a page")
@click.argument("page")
@click.option("--url", metavar="URL", help="The address of a page that was saved as a file.")
@click.option("--selector", metavar="CSS", help="Try this selector for the main text.")
@click.option("--exclude", metavar="CSS", help="Try this selector for parts to remove.")
@click.option("--keep", metavar="CSS", help="Try this selector for parts that must stay.")
@pass_context
def preview(ctx: CommandContext, page: str, url: str | None, selector: str | None, exclude: str | None, keep: str | None) -> None:
    """Show what would be extracted from PAGE: an address, or a file together with --url.

    Also shows the rule that found the text, and which parts are left out and why. Nothing is stored.
    A page of a known source is extracted with the settings and the learnt template of that source.
    """
    from indexer.archive.backends import is_database
    from indexer.cli.reason_text import reason_text, rule_text
    from indexer.diagnostics.preview import fetch_page
    from indexer.diagnostics.preview import preview as extract
    from indexer.extract.extractor import file_kind
    from indexer.fetch.fetcher import Fetcher
    from indexer.html import is_page
    from indexer.model import Response
    from indexer.reasons import Reason

    if url is not None:
        try:
            body, kind, address = Path(page).read_bytes(), None, url
        except OSError as error:
            raise SettingsError(f"cannot read {page}: {error.strerror}") from error
        if not is_page(body, "") and not file_kind(Response(url, url, 200, {}, body)):
            raise SettingsError(f"{page} is not a web page", remedy="save the page as HTML")
    else:

        async def fetch() -> tuple[bytes, str | None, str]:
            async with Fetcher(ctx.settings.crawl) as fetcher:
                return await fetch_page(page, fetcher)

        body, kind, address = asyncio.run(fetch())
    archive = ctx.archive if is_database(ctx.settings.archive_location) else None
    report = extract(body, kind, address, selector, exclude=exclude, keep=keep, archive=archive)
    if isinstance(report, Reason):
        raise NotFound(f"{address}: {reason_text(report)}")
    if report is None:
        raise NotFound(f"found no text on {address}", remedy="try a CSS selector with --selector")
    ctx.json(report)
    facts = {**report, "rule": rule_text(report["rule"])}
    for name in ("title", "language", "date", "rule"):
        ctx.result(f"{name + ':':10} {facts[name] or '-'}")
    ctx.result(f"{'authors:':10} {', '.join(report['authors']) or '-'}\n\n{report['text']}")
    for caption in report["captions"]:
        ctx.result(f"\n[caption] {caption}")
    if report["removed"]:
        compared = f", compared with {report['neighbours']} pages of the same source" if report["neighbours"] else ""
        ctx.result(f"\nLeft out{compared} (to keep a part, add its selector to `keep`):")
    for part in report["removed"]:
        ctx.result(f"  {part['rule']:24} {part['selector']:40} {part['text']}")


@command("Remove documents permanently")
@click.argument("url", nargs=-1, required=True)
@WAIT
@pass_context
def forget(ctx: CommandContext, url: tuple[str, ...], wait: float) -> None:
    """Remove the documents at these URLs from archive and index, and never fetch them again."""
    from indexer.reindex import catch_up
    from indexer.urls import document_id, resolve

    with ctx.writing(wait, "forget"):
        for one in url:
            id_ = ctx.archive.documents.find(one)
            address = resolve(one)
            if id_ is None and address is None:
                raise SettingsError(f"{one!r} is neither a web address nor a document id")
            ids = {id_} if id_ else set()
            ids |= {document_id(address)} if address else set()
            if id_ is None:
                ctx.note(f"{one} is not in the archive; it will not be fetched")
            ctx.archive.forget(sorted(i for i in ids if i), one)
            ctx.result(f"forgotten: {one}")
        catch_up(ctx.archive, ctx.engine)
        ctx.engine.drop_previous()  # it holds these documents too
    ctx.json({"forgotten": list(url)})


@command("Verify the archive and the index")
@click.option("--repair", is_flag=True, help="Fix what can be fixed. Nothing is destroyed.")
@click.option("--from-index", is_flag=True, help="With --repair: the index is right. Restore its documents to the archive.")
@click.option("--from-archive", is_flag=True, help="With --repair: the archive is right. Rebuild the index from it.")
@WAIT
@pass_context
def check(ctx: CommandContext, repair: bool, from_index: bool, from_archive: bool, wait: float) -> None:
    """Verify that the archive and the index are intact and agree with each other.

    If the archive is missing, damaged, older than the index or that of another index, say which of the two is right with
    --from-index or --from-archive.
    """
    from indexer.diagnostics.integrity import check as verify
    from indexer.diagnostics.repair import repair as repair_all
    from indexer.reindex import rebuild_index

    if ((from_index or from_archive) and not repair) or (from_index and from_archive):
        raise SettingsError("give one of --from-index and --from-archive, together with --repair")
    ctx.require_data_folder()
    repaired: list[str] = []

    def report(text: str) -> None:
        repaired.append(text)
        ctx.note(text)

    if from_index:
        _restore_from_index(ctx, wait, report)
    with contextlib.nullcontext() if not repair else ctx.archive.lock(wait, "check"):
        if from_archive:
            rebuild_index(ctx.archive, ctx.engine)
        problems = repair_all(ctx.archive, ctx.engine, report) if repair else verify(ctx.archive, ctx.engine)
    ctx.json({"ok": not problems, "problems": problems, "repaired": repaired})
    for problem in problems:
        ctx.failure(problem)
    if problems:
        _advise(ctx, problems, repair=repair)
        raise click.exceptions.Exit(3)
    ctx.result("The archive and the index are intact.")


def _restore_from_index(ctx: CommandContext, wait: float, report: Callable[[str], None]) -> None:
    from indexer.archive.writer_lock import writer_lock
    from indexer.config import open_archive
    from indexer.diagnostics.repair import restore_from_index
    from indexer.sources.registry import sync_configured

    settings = ctx.settings
    with contextlib.ExitStack() as stack:
        if settings.archive is None:  # the file may be too damaged to open
            stack.enter_context(writer_lock(settings.data, wait, "check"))
        else:
            archive = stack.enter_context(contextlib.closing(open_archive(settings)))
            stack.enter_context(archive.lock(wait, "check"))
        restore_from_index(
            settings.archive_location,
            lambda: open_archive(settings),
            lambda archive: sync_configured(archive, settings.sources),
            ctx.engine,
            report,
        )


def _advise(ctx: CommandContext, problems: list[str], *, repair: bool) -> None:
    """Tell the operator what to do about the problems."""
    from indexer.diagnostics.integrity import AHEAD, FOREIGN
    from indexer.errors import ArchiveMismatch

    if {AHEAD, FOREIGN} & set(problems):  # no repair begins before the operator has decided
        ctx.note(f"Decide which is right: {ArchiveMismatch.default_remedy}")
        return
    is_archive_damaged = any(problem.startswith("archive:") for problem in problems)
    if not repair:
        what = "what can be fixed" if is_archive_damaged else "the index"
        ctx.note(f"Fix {what} with: indexer check --repair")
    if is_archive_damaged:
        ctx.note("Restore the archive from a backup, or what the index holds with: indexer check --repair --from-index")
