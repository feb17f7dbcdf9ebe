"""The command show."""

from __future__ import annotations

from typing import Any

import click

from indexer.cli.context import Context, pass_context
from indexer.cli.formatting import paragraph, when
from indexer.cli.options import command
from indexer.cli.output import printable
from indexer.cli.reason_text import report_texts
from indexer.masking import masked


@command("Show why a URL is in the index, or is not")
@click.argument("url")
@pass_context
def show(ctx: Context, url: str) -> None:
    """Show why URL is in the index or is not, and everything that is stored about it.

    URL may be any address, or the id of a document.
    """
    from indexer.diagnostics.url_report import url_report

    found = report_texts(url_report(ctx.archive, ctx.engine, url))
    found |= {name: masked(found[name]) for name in ("from", "next", "remedy") if name in found}
    ctx.json(found)
    ctx.result(found.get("title") or found["asked"])
    label, colour = ("indexed", "green") if found["found"] else ("not indexed", "red")
    why = printable(found["why"].removeprefix("in the index").removeprefix("; "))
    ctx.result(paragraph(why, f"{ctx.colour(label, colour)}{': ' if why else ''}", len(label) + 2), styled=True)
    if found["called"]:
        ctx.result(paragraph(found["called"], "", 0))
    if found["remark"]:
        ctx.result(paragraph(found["remark"], "remark: ", 8))
    if found["next"]:
        ctx.result(paragraph(found["next"], "", 0))
    if found["remedy"]:
        ctx.result(f"→ {found['remedy']}")
    if found["suspect"]:
        ctx.result(paragraph(found["suspect"]["what"], "looks wrong: ", 13))
        ctx.result(paragraph(found["suspect"]["remedy"], "→ ", 2))
    if found["code"] in ("never-listed", "source"):
        raise click.exceptions.Exit(4)
    ctx.result("")
    _fields(ctx, found)
    if found["history"]:
        ctx.result("\nHistory")
    for event in found["history"]:
        ctx.result(paragraph(event["what"], f"  {when(event['at'])}  ", 24))
    if found.get("text"):
        ctx.result(f"\n{found['text']}")


def _fields(ctx: Context, found: dict[str, Any]) -> None:
    def line(name: str, value: object) -> None:
        if value:
            ctx.result(paragraph(printable(str(value)), f"{name + ':':13} ", 14))

    line("id", found["id"])
    line("url", found["url"] or "(none: the item has no link)")
    line("also at", ", ".join(found["also"]))
    if "title" in found:
        for name in ("language", "date", "rule"):
            line(name, found[name] or "-")
        for name in ("authors", "categories"):
            line(name, ", ".join(found[name]))
        line("length", f"{len(found['text']):,} characters" if found["text"] else "no text")
    source, page = found["from"], found["page"]
    if source:
        line("source", f"{source['name'] or source['url']} [{source['state']}] {source['url'] if source['name'] else ''}".strip())
    if page is None:
        return
    if page["url"] and page["url"] != found["url"]:
        line("listed as", page["url"])
    answer = page["answer"]
    if answer:
        where = f" by {answer['url']}" if answer["url"] != page["url"] else ""
        kind = (answer["content_type"] or "no content type").partition(";")[0]
        line("answered", f"{answer['status']} at {when(answer['at'])}{where} ({kind}, {answer['bytes'] / 1000:,.1f} kB)")
    if found["failure"]:
        line("last attempt", f"{when(page['tried'])}: {found['failure']}")
        line("last good", when(answer["at"]) if answer else "never")
    if len(found["versions"]) > 1:
        line("versions", f"{len(found['versions'])} stored, the oldest from {when(found['versions'][-1]['at'])}")
