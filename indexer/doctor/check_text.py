"""Is the text the article's? How much the feed gives, what the pages give, by which rule, in which language, with what noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from indexer.analysis.languages import UNDETERMINED, detect, normalize
from indexer.doctor.facts import Facts, Sample
from indexer.doctor.finding import Finding, some
from indexer.extract.document import feed_text
from indexer.messages import number, shell_word

FULL = 0.8  # of a page's words in the feed's text: then it is no teaser
FULL_ALONE = 250  # words that no teaser has, when no page can be compared
SHORT = 40  # words of a page's text
LITTLE = 0.5  # of the feed's text in the page's, below which the extraction has probably missed the article
MIN_LETTERS = 60  # of a text, to tell its language
MIN_BLOCK = 4  # words of a repeated block that are worth mentioning
_LOOKED_AT = 200  # items


def text_findings(facts: Facts) -> Iterator[Finding]:
    read = [sample for sample in facts.samples if sample.article is not None]
    if not facts.feed.kind.startswith("sitemap") and facts.feed.entries:
        yield from _feed_text(facts, read)
        yield from _feed_language(facts)
    had = [sample for sample in facts.samples if sample.exchange.response is not None and not sample.noindex]
    if not had:
        return
    yield from _found(facts, had)
    yield from _coverage(facts, read)
    yield from _page_language(facts, read)
    yield from _noise(facts, read)
    yield from _authors(read)


def _words(text: str) -> int:
    return len(text.split())


def _feed_text(facts: Facts, read: list[Sample]) -> Iterator[Finding]:
    """Teaser or full text, against the pages where there are any."""
    entries = facts.feed.entries[:_LOOKED_AT]
    texts = [max((feed_text(e.content_html), feed_text(e.summary_html)), key=len) for e in entries]
    typical = int(median(map(_words, texts)))
    empty = sum(not text for text in texts)
    compared = [(s.feed_text, s.article.text) for s in read if s.article and s.article.text]
    seen = f"{number(typical, 'word')} an item (median)"
    if compared:
        own, pages = (int(median(_words(pair[side]) for pair in compared)) for side in (0, 1))
        seen += f"; where pages were looked at, the feed has {number(own, 'word')} and the page {pages:,}"
        full = median(_words(mine) / max(1, _words(text)) for mine, text in compared) >= FULL
    else:
        full = typical >= FULL_ALONE
    if empty == len(texts):
        yield Finding(
            "ok" if read else "warning", "texts", "texts.feed", "The feed gives titles only; the text is that of the pages", seen
        )
    elif full:
        yield Finding("ok", "texts", "texts.feed", "The feed gives the full text", seen)
    else:
        yield Finding(
            "ok" if read else "notice",
            "texts",
            "texts.feed",
            "The feed gives teasers; the full text is that of the pages"
            if read
            else "The feed gives teasers, and no page could be read: more than the teasers is not found",
            seen,
        )
    if empty and empty < len(texts):
        yield Finding(
            "notice",
            "texts",
            "texts.feed-empty",
            f"{number(empty, 'item has', 'items have')} no text in the feed",
            some([e.title or e.url or "" for e, text in zip(entries, texts, strict=True) if not text]),
        )


def _feed_language(facts: Facts) -> Iterator[Finding]:
    whole = "\n".join(f"{e.title}. {feed_text(e.summary_html or e.content_html)[:400]}" for e in facts.feed.entries[:20])
    given = facts.feed.language
    found = detect(whole) if len(whole) >= MIN_LETTERS else UNDETERMINED
    if given and normalize(given) is None:
        yield Finding(
            "notice",
            "texts",
            "texts.feed-language",
            "The feed declares a language that is not known",
            given,
            "none: the language is found from the text",
        )
    elif given and found != UNDETERMINED and normalize(given) != found:
        yield Finding(
            "warning",
            "texts",
            "texts.feed-language",
            f"The feed declares {given} but reads as {found}",
            some([facts.feed.entries[0].title]),
            f'texts that are long enough are taken as {found}; for the short ones give the source language = "{found}"',
        )
    elif given:
        yield Finding("ok", "texts", "texts.feed-language", "The feed's language is as declared", given)


def _found(facts: Facts, had: list[Sample]) -> Iterator[Finding]:
    """Which rule found the text, and how much of it."""
    lost = [sample.url for sample in had if sample.article is None or not sample.article.text]
    rules = Counter(sample.article.rule for sample in had if sample.article and sample.article.text)
    tune = f'try a selector: indexer preview {shell_word(had[0].url)} --selector "article"; then include = "…" in config.toml'
    if lost:
        yield Finding(
            "error" if len(lost) == len(had) else "warning",
            "texts",
            "texts.none",
            f"No text was found on {len(lost)} of {number(len(had), 'page')} (the crawler runs no JavaScript)",
            some(lost),
            tune,
        )
    missed = [rule for rule in rules if "matched nothing" in rule]
    if missed:
        yield Finding(
            "warning",
            "texts",
            "texts.selector",
            "The source's selector (include) matched nothing",
            facts.source.include or "",
            "mend it in config.toml: " + tune,
        )
    whole = [sample.url for sample in had if sample.article and sample.article.text and sample.article.rule.startswith("body")]
    if whole:
        yield Finding(
            "warning",
            "texts",
            "texts.body",
            f"On {number(len(whole), 'page')} no main part was found and the whole page was taken",
            some(whole),
            tune,
        )
    lengths = {sample.url: _words(sample.article.text) for sample in had if sample.article and sample.article.text}
    short = [f"{url} ({number(count, 'word')})" for url, count in lengths.items() if count < SHORT]
    if short:
        yield Finding(
            "notice",
            "texts",
            "texts.short",
            f"The text of {number(len(short), 'page is', 'pages are')} very short",
            some(short),
            tune,
        )
    if rules and not (lost or missed or whole or short):
        yield Finding(
            "ok",
            "texts",
            "texts.found",
            f"Text was found on {number(len(lengths), 'page')}, {number(int(median(lengths.values())), 'word')} (median)",
            "rule: " + ", ".join(f"{rule} ({count})" for rule, count in rules.most_common()),
        )


def _coverage(facts: Facts, read: list[Sample]) -> Iterator[Finding]:
    compared = [(sample.url, sample.shared) for sample in read if sample.shared is not None]
    little = [f"{share:.0%} on {url}" for url, share in compared if share is not None and share < LITTLE]
    if little:
        yield Finding(
            "warning",
            "texts",
            "texts.coverage",
            f"On {number(len(little), 'page')} little of the feed's text is in the text found: the article was"
            " missed, or the feed's summary was written apart",
            some(little, 160),
            f"compare: indexer preview {shell_word(read[0].url)}",
        )
    elif compared:
        least = min(share for _, share in compared if share is not None)
        yield Finding("ok", "texts", "texts.coverage", "The feed's text is in the pages' text", f"at least {least:.0%} of it")


def _page_language(facts: Facts, read: list[Sample]) -> Iterator[Finding]:
    odd, agreed = [], Counter[str]()
    for sample in read:
        text = sample.article.text if sample.article else ""
        said, found = normalize(sample.declared_language), sample.detected_language
        if len(text) < MIN_LETTERS or found == UNDETERMINED:
            continue
        if said and said != found:
            odd.append(f'{sample.url}: lang="{sample.declared_language}", reads as {found}')
        else:
            agreed[found] += 1
    if odd:
        yield Finding(
            "warning",
            "texts",
            "texts.language",
            f"{number(len(odd), 'page declares', 'pages declare')} another language than its text is in",
            some(odd, 200),
            "the text counts when it is long enough; the site's template should declare each page's own language",
        )
    elif agreed:
        yield Finding(
            "ok", "texts", "texts.language", "The pages' language is as declared, or plain from the text", ", ".join(agreed)
        )
    wanted = normalize(facts.source.language)
    if wanted and agreed and wanted not in agreed:
        yield Finding(
            "warning",
            "texts",
            "texts.language-set",
            f"The source is set to {wanted} but its pages read as {', '.join(agreed)}",
            "",
            "take language out of the source's settings, or correct it",
        )


def _noise(facts: Facts, read: list[Sample]) -> Iterator[Finding]:
    """Blocks that stand in the text of several samples are the template's, not an article's."""
    blocks = Counter(
        block
        for sample in read
        if sample.article
        for block in {" ".join(part.split()) for part in sample.article.text.split("\n\n")}
        if _words(block) >= MIN_BLOCK
    )
    repeated = [block for block, count in blocks.most_common() if count > 1]
    if len(read) < 2:
        return
    if len(repeated) == 1 and blocks[repeated[0]] < len(read):
        repeated = []  # editors say a thing twice, too
    if repeated:
        sure = len(read) > 2
        yield Finding(
            "warning" if sure else "notice",
            "texts",
            "texts.noise",
            f"{number(len(repeated), 'block stands', 'blocks stand')} in the text of several pages: "
            + ("it is the template's, not the articles'" if sure else "perhaps the template's, not the articles'"),
            some([f"“{block}”" for block in repeated]),
            'if so, leave it out: exclude = "CSS selector" for the source in config.toml;'
            f" what is taken shows: indexer preview {shell_word(read[0].url)}",
        )
    else:
        yield Finding("ok", "texts", "texts.noise", f"No block repeats in all of the {number(len(read), 'page')}")


def _authors(read: list[Sample]) -> Iterator[Finding]:
    without = [sample.url for sample in read if sample.article and not sample.article.authors and not sample.entry.authors]
    if without and len(without) == len(read):
        yield Finding(
            "notice",
            "texts",
            "texts.authors",
            "Neither feed nor pages name an author",
            "",
            'only needed to search by author:; the pages could name one: <meta name="author">',
        )
