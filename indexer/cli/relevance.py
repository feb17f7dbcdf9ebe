"""The commands evaluate, tune and synonyms: measure and improve the ranking, from judged queries and searches without results."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import command
from indexer.phrases import number

MAX_LOGGED_QUERIES = 20_000


@command("Measure relevance on judged queries")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--min-ndcg", type=float, metavar="X", help="Exit with 1 if nDCG@10 is lower.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), metavar="FILE", help="A report of an earlier run (--json) to compare with."
)
@pass_context
def evaluate(ctx: CommandContext, file: Path, min_ndcg: float | None, baseline: Path | None) -> None:
    """Measure the relevance of the live index on the judged queries of FILE.

    FILE is JSON: {"queries": [{"query": "…", "relevant": {"URL or its last path part": grade}}]}

    The command measures what a visitor sees: hits, then partial matches. For a query that finds nothing, it measures the results
    of the correction.
    """
    from indexer.relevance.evaluation import differences, read_judgements
    from indexer.relevance.evaluation import evaluate as measure
    from indexer.relevance.judged_addresses import addresses_of_documents

    report = measure(ctx.searcher, read_judgements(file), addresses_of_documents(ctx.archive))
    if baseline:
        report["differences"] = differences(report, baseline)
    ctx.json(report)
    for name in ("queries", "ndcg@10", "mrr", "recall@20", "p95_ms"):
        ctx.result(f"{name:10} {report[name]:g}")
    if report["corrected"]:
        them = "of them finds nothing and is" if report["corrected"] == 1 else "of them find nothing and are"
        ctx.result(f"{report['corrected']} {them} measured by the results of the correction that the page shows")
    for row in report["per_query"] if ctx.verbose else []:
        correction = f"  (results for {row['correction']})" if row["correction"] else ""
        ctx.result(f"  {row['ndcg@10']:.3f}  {row['query']}{correction}")
    for row in report.get("differences", []):
        ctx.result(f"  {row['before']:.3f} -> {row['after']:.3f}  {row['query']}")
    if min_ndcg is not None and report["ndcg@10"] < min_ndcg:
        ctx.failure(f"nDCG@10 is {report['ndcg@10']:.4f}, below {min_ndcg:g}")
    ctx.exit_if_failed()


@command("Search better ranking weights")
@click.argument("file", type=click.Path(path_type=Path))
@pass_context
def tune(ctx: CommandContext, file: Path) -> None:
    """Search the ranking weights that are best for the judged queries of FILE, and report what they would gain.

    The gain is measured on queries that the weights were not chosen by (cross-validation). Nothing is changed: the command
    prints the lines for config.toml. It needs at least 40 judged queries. FILE is as for `indexer evaluate`.
    """
    from indexer.config import open_engine
    from indexer.model import RankingWeights
    from indexer.relevance.evaluation import evaluate, read_judgements
    from indexer.relevance.judged_addresses import addresses_of_documents
    from indexer.relevance.tuning import MAX_EVALUATIONS
    from indexer.relevance.tuning import tune as search_weights
    from indexer.search.searcher import Searcher

    judged = read_judgements(file)
    ctx.require_data_folder()
    other_addresses = addresses_of_documents(ctx.archive)

    def measure(weights: RankingWeights) -> list[float]:
        engine = open_engine(dataclasses.replace(ctx.settings, weights=weights))
        searcher = Searcher(engine, weights, curation=ctx.searcher.curation, folds_similar=ctx.settings.fold_similar)
        return [row["ndcg@10"] for row in evaluate(searcher, judged, other_addresses)["per_query"]]

    present, started = ctx.settings.weights, time.monotonic()
    with ctx.progress("weights") as show:

        def report(done: int) -> None:
            if done == 3:  # the first one opens the index
                seconds = (time.monotonic() - started) / done
                ctx.note(
                    f"Measuring all queries once takes {seconds:.1f} s. It is repeated up to {MAX_EVALUATIONS} times,"
                    f" which takes {max(1, round(seconds * MAX_EVALUATIONS / 60))} min at most."
                )
            show(done, MAX_EVALUATIONS)

        tuning = search_weights(present, len(judged), measure, report)
    changes = tuning.changes(present) if tuning.is_better else {}
    ctx.json(
        {
            "queries": len(judged),
            "before": round(tuning.before, 4),
            "gain": round(tuning.gain, 4),
            "standard_error": round(tuning.error, 4),
            "is_better": tuning.is_better,
            "changes": changes,
            "evaluations": tuning.evaluations,
        }
    )
    ctx.result(f"nDCG@10 is {tuning.before:.4f} on {number(len(judged), 'judged query', 'judged queries')}.")
    ctx.result(f"Other weights gain {tuning.gain:+.4f} (standard error {tuning.error:.4f}) on queries they were not chosen by.")
    if not changes:
        ctx.result("That is not more than chance. Keep the present weights.")
        return
    ctx.result("\nTo use them, write in config.toml:\n\n[search]")
    for name, value in changes.items():
        ctx.result(f"{name} = {value:g}")


@command("Propose synonyms from failed searches")
@click.option("--propose", is_flag=True, help="List candidates in the format of synonyms.txt.")
@pass_context
def synonyms(ctx: CommandContext, propose: bool) -> None:
    """Show the rules of synonyms, or with --propose candidates from searches that found no page with all their words.

    A candidate comes from a query that found nothing and differs from a successful one in one word, or from initials of
    words in titles. Check each of them before you copy it to synonyms.txt in the data folder.
    """
    from indexer.analysis.analyzer import query_terms
    from indexer.relevance.synonym_proposals import propose_synonyms

    if not propose:
        rules = ctx.searcher.curation().synonyms.rules
        ctx.json({"synonyms": [dataclasses.asdict(rule) for rule in rules]})
        for rule in rules:
            arrow = f" => {', '.join(rule.synonyms)}" if rule.replaces else ""
            ctx.result(f"{rule.place}: {', '.join(rule.words)}{arrow}")
        if not rules:
            ctx.result("There are no synonyms. Candidates: indexer synonyms --propose")
        return
    reader, table = ctx.searcher.reader(), ctx.searcher.curation().synonyms
    languages = reader.languages() or ("und",)

    def is_indexed(word: str) -> bool:
        tokens = query_terms(word, languages)
        return any(reader.forms(term) for token in tokens for term in token.terms) or bool(table.expansions(tokens, languages))

    proposals = propose_synonyms(
        ctx.archive.top_queries(MAX_LOGGED_QUERIES),
        (document.title for document in reader.documents()),
        is_indexed,
    )
    ctx.json({"proposals": [dataclasses.asdict(each) for each in proposals]})
    for each in proposals:
        ctx.result(f"# {number(each.searches, 'search', 'searches')} without results: {each.reason}\n{each.line}")
    if not proposals:
        ctx.result("There are no candidates: no search without results differs from a successful one in one word.")
