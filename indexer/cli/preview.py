"""The command preview."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import command
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
