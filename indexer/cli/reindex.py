"""The command reindex: rebuild the index, compare it with judged queries first, or return to the one before."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.errors import ArchiveMismatch, EngineError
from indexer.phrases import number

if TYPE_CHECKING:
    from indexer.engines.base import Reader
    from indexer.relevance.comparison import Comparison


@command("Rebuild the index from the archive")
@click.option("--re-extract", is_flag=True, help="Also repeat extraction on the stored pages.")
@click.option(
    "--judge", type=click.Path(path_type=Path), metavar="FILE", help="Swap only if the judged queries of FILE get no worse."
)
@click.option("--rollback", is_flag=True, help="Return to the index before the last rebuild.")
@WAIT
@pass_context
def reindex(ctx: CommandContext, re_extract: bool, judge: Path | None, rollback: bool, wait: float) -> None:
    """Rebuild the index from the archive, without the network. Searches continue meanwhile.

    The index before is kept for --rollback, if keep_previous_index is set. A rollback applies the changes since then, and
    another --rollback undoes it. --judge exits with 1 and keeps the index if the judged queries get worse.
    """
    if rollback:
        if re_extract or judge:
            raise click.UsageError("--rollback rebuilds nothing. Use it alone.")
        _roll_back(ctx, wait)
        return
    _rebuild(ctx, judge, wait, re_extract=re_extract)


def _rebuild(ctx: CommandContext, judge: Path | None, wait: float, *, re_extract: bool) -> None:
    from indexer.cli.damage import name_damaged_or_indexed
    from indexer.reindex import reindex as rebuild

    judgement = _Judgement(ctx, judge) if judge else None
    with ctx.writing(wait, "reindex"):
        changed = _reextract(ctx) if re_extract else 0
        with ctx.progress("documents") as show:
            generation = rebuild(
                ctx.archive, ctx.engine, show, name_damaged_or_indexed(ctx), judgement.accepts if judgement else None
            )
    with closing(ctx.engine.reader()) as reader:
        documents = reader.document_count  # without those that are damaged in the archive
    result: dict[str, object] = {"generation": generation, "documents": documents, "changed": changed}
    if judgement and judgement.comparison:
        result["judged"] = judgement.report(judgement.comparison)
    updated = f"; extraction changed {number(changed, 'document')}" if re_extract else ""
    if generation:
        ctx.result(f"Indexed {number(documents, 'document')} as generation {generation}{updated}.")
    else:
        ctx.result(f"The index stays as it was: the new one is worse{updated}.")
    ctx.json(result)
    ctx.exit_if_failed()


def _reextract(ctx: CommandContext) -> int:
    """Extract all stored pages again; return how many documents changed."""
    from indexer.cli.reason_text import failure_text
    from indexer.crawl.stale_extractions import reextract_all

    with ctx.progress("pages") as show:
        report = reextract_all(ctx.archive, show)
    for failure in report.failures:
        ctx.failure(failure_text(failure))
    return report.changed


class _Judgement:
    """Compares the new index with the present one on judged queries."""

    def __init__(self, ctx: CommandContext, file: Path) -> None:
        from indexer.relevance.evaluation import read_judgements

        self._ctx, self._judged = ctx, read_judgements(file)
        self.comparison: Comparison | None = None  # None if there is no index to compare with

    def accepts(self, built: Reader) -> bool:
        """Return whether the new index loses nothing on the judged queries."""
        from indexer.relevance.comparison import compare_indexes
        from indexer.relevance.judged_addresses import addresses_of_documents

        ctx = self._ctx
        try:
            self.comparison = compare_indexes(ctx.searcher, built, self._judged, addresses_of_documents(ctx.archive))
        except EngineError as error:
            ctx.note(f"There is no index to compare with: {error.message}.")
            return True
        return not self.comparison.losses

    def report(self, comparison: Comparison) -> dict[str, object]:
        """Print the measures before and after, and each loss. Return them for `--json`."""
        measures = {name: [comparison.before[name], comparison.after[name]] for name in ("ndcg@10", "mrr", "recall@20")}
        for name, (before, after) in measures.items():
            self._ctx.result(f"{name:10} {before:.4f} -> {after:.4f}")
        for loss in comparison.losses:
            self._ctx.failure(loss)
        return {"queries": len(self._judged), **measures, "losses": list(comparison.losses)}


def _roll_back(ctx: CommandContext, wait: float) -> None:
    from indexer.reindex import catch_up

    with ctx.writing(wait, "reindex"):
        generation = ctx.engine.roll_back()
        try:
            changes = catch_up(ctx.archive, ctx.engine)
        except ArchiveMismatch:
            ctx.engine.roll_back()
            raise
    ctx.result(f"Returned to generation {generation} and applied {number(changes, 'change')} since then.")
    if ctx.engine.is_outdated():
        ctx.note("This index was made by another version of the text analysis. Rebuild it with: indexer reindex")
    ctx.json({"generation": generation, "changes": changes})
