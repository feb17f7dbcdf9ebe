"""The command show."""

from __future__ import annotations

from typing import Any

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.formatting import paragraph, when
from indexer.cli.options import command
from indexer.cli.output import printable
from indexer.cli.reason_text import report_texts
from indexer.masking import masked


@command("Show why a URL is in the index, or is not")
@click.argument("url")
@click.option("--show-secrets", is_flag=True, help="Show passwords and tokens in addresses.")
@pass_context
def show(ctx: CommandContext, url: str, show_secrets: bool) -> None:
    """Show why URL is in the index or is not, and everything that is stored about it.

    URL may be any address, or the id of a document. Passwords and tokens in addresses are shown as *** unless --show-secrets
    is given.
    """
    from indexer.diagnostics.url_report import url_report

    report = report_texts(url_report(ctx.archive, ctx.engine, url))
    ctx.shows_secrets = show_secrets
    ctx.json(report if show_secrets else masked(report))
    ctx.result(report.get("title") or report["asked"])
    label, colour = ("indexed", "green") if report["found"] else ("not indexed", "red")
    why = printable(report["why"].removeprefix("in the index").removeprefix("; "))
    ctx.result(paragraph(why, f"{ctx.colour(label, colour)}{': ' if why else ''}", len(label) + 2), styled=True)
    if report["called"]:
        ctx.result(paragraph(report["called"], "", 0))
    if report["remark"]:
        ctx.result(paragraph(report["remark"], "remark: ", 8))
    if report["next"]:
        ctx.result(paragraph(report["next"], "", 0))
    if report["remedy"]:
        ctx.result(f"→ {report['remedy']}")
    if report["suspect"]:
        ctx.result(paragraph(report["suspect"]["what"], "looks wrong: ", 13))
        ctx.result(paragraph(report["suspect"]["remedy"], "→ ", 2))
    if report["code"] in ("never-listed", "source"):
        raise click.exceptions.Exit(4)
    ctx.result("")
    _fields(ctx, report)
    if report["history"]:
        ctx.result("\nHistory")
    for event in report["history"]:
        ctx.result(paragraph(event["what"], f"  {when(event['at'])}  ", 24))
    if report.get("text"):
        ctx.result(f"\n{report['text']}")


def _fields(ctx: CommandContext, report: dict[str, Any]) -> None:
    def line(name: str, value: object) -> None:
        if value:
            ctx.result(paragraph(printable(str(value)), f"{name + ':':13} ", 14))

    line("id", report["id"])
    line("url", report["url"] or "(none: the item has no link)")
    line("also at", ", ".join(report["also"]))
    if "title" in report:
        for name in ("language", "date", "rule"):
            line(name, report[name] or "-")
        for name in ("authors", "categories"):
            line(name, ", ".join(report[name]))
        line("length", f"{len(report['text']):,} characters" if report["text"] else "no text")
    source, page = report["from"], report["page"]
    if source:
        line("source", f"{source['name'] or source['url']} [{source['state']}] {source['url'] if source['name'] else ''}".strip())
    if page is None:
        return
    if page["url"] and page["url"] != report["url"]:
        line("listed as", page["url"])
    answer = page["answer"]
    if answer:
        where = f" by {answer['url']}" if answer["url"] != page["url"] else ""
        kind = (answer["content_type"] or "no content type").partition(";")[0]
        line("answered", f"{answer['status']} at {when(answer['at'])}{where} ({kind}, {answer['bytes'] / 1000:,.1f} kB)")
    if report["failure"]:
        line("last attempt", f"{when(page['tried'])}: {report['failure']}")
        line("last good", when(answer["at"]) if answer else "never")
    if len(report["versions"]) > 1:
        line("versions", f"{len(report['versions'])} stored, the oldest from {when(report['versions'][-1]['at'])}")
