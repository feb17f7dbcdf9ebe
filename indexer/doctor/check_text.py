"""Check the texts: how much the feed has, how much the pages have, by which rule, in which language, with what boilerplate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from indexer.analysis.languages import UNDETERMINED, detect, normalize
from indexer.doctor.facts import Facts, Sample
from indexer.doctor.finding import Finding, some
from indexer.extract.extractor import feed_text
from indexer.phrases import number, shell_word
from indexer.reasons import SELECTOR_MISSED

MIN_FULL_SHARE = 0.8  # of a page's words that the feed's full text has; less is a teaser
MIN_FULL_WORDS = 250  # in a feed's full text, if no page can be compared
MIN_PAGE_WORDS = 40  # in the text of a page; less is very short
MIN_SHARED = 0.5  # of the feed's text in the page's text; with less, the article was probably missed
MIN_LANGUAGE_CHARACTERS = 60  # in a text whose language is detected
MIN_BLOCK_WORDS = 4  # in a repeated block that is reported
MAX_ITEMS = 200  # of the feed that are examined


def text_findings(facts: Facts) -> Iterator[Finding]:
    """Return the findings about texts."""
    samples = [sample for sample in facts.samples if sample.article is not None]
    if not facts.feed.kind.startswith("sitemap") and facts.feed.entries:
        yield from _feed_text(facts, samples)
        yield from _feed_language(facts)
    answers = [sample for sample in facts.samples if sample.exchange.response is not None and not sample.noindex]
    if not answers:
        return
    yield from _rules(facts, answers)
    yield from _coverage(facts, samples)
    yield from _page_language(facts, samples)
    yield from _noise(facts, samples)
    yield from _authors(samples)


def _words(text: str) -> int:
    return len(text.split())


def _feed_text(facts: Facts, samples: list[Sample]) -> Iterator[Finding]:
    """Return whether the feed has full texts or teasers, compared with the pages if there are any."""
    entries = facts.feed.entries[:MAX_ITEMS]
    texts = [max((feed_text(e.content_html), feed_text(e.summary_html)), key=len) for e in entries]
    typical = int(median(map(_words, texts)))
    empty = sum(not text for text in texts)
    compared = [(s.feed_text, s.article.text) for s in samples if s.article and s.article.text]
    seen = f"{number(typical, 'word')} an item (median)"
    if compared:
        own, pages = (int(median(_words(pair[side]) for pair in compared)) for side in (0, 1))
        seen += f"; for the sample pages, the feed has {number(own, 'word')} and the page {pages:,}"
        full = median(_words(mine) / max(1, _words(text)) for mine, text in compared) >= MIN_FULL_SHARE
    else:
        full = typical >= MIN_FULL_WORDS
    if empty == len(texts):
        yield Finding(
            "ok" if samples else "warning",
            "texts",
            "texts.feed",
            "The feed has titles only; the texts are taken from the pages",
            seen,
        )
    elif full:
        yield Finding("ok", "texts", "texts.feed", "The feed has the full text", seen)
    else:
        yield Finding(
            "ok" if samples else "notice",
            "texts",
            "texts.feed",
            "The feed has teasers; the full texts are taken from the pages"
            if samples
            else "The feed has teasers, and no page could be read: only the teasers are searchable",
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
    feed_language = facts.feed.language
    detected = detect(whole) if len(whole) >= MIN_LANGUAGE_CHARACTERS else UNDETERMINED
    if feed_language and normalize(feed_language) is None:
        yield Finding(
            "notice",
            "texts",
            "texts.feed-language",
            "The feed declares an unknown language",
            feed_language,
            "none: the language is detected from the text",
        )
    elif feed_language and detected != UNDETERMINED and normalize(feed_language) != detected:
        yield Finding(
            "warning",
            "texts",
            "texts.feed-language",
            f"The feed declares {feed_language} but reads as {detected}",
            some([facts.feed.entries[0].title]),
            f'long texts are treated as {detected}; for short texts, set for the source: language = "{detected}"',
        )
    elif feed_language:
        yield Finding("ok", "texts", "texts.feed-language", "The feed's language is as declared", feed_language)


def _rules(facts: Facts, samples: list[Sample]) -> Iterator[Finding]:
    """Report by which rule texts were found, and how long they are."""
    lost = [sample.url for sample in samples if sample.article is None or not sample.article.text]
    rules = Counter(sample.article.rule for sample in samples if sample.article and sample.article.text)
    tune = f'try a selector: indexer preview {shell_word(samples[0].url)} --selector "article"; then include = "…" in config.toml'
    if lost:
        yield Finding(
            "error" if len(lost) == len(samples) else "warning",
            "texts",
            "texts.none",
            f"No text was found on {len(lost)} of {number(len(samples), 'page')} (the crawler runs no JavaScript)",
            some(lost),
            tune,
        )
    missed = [rule for rule in rules if rule.endswith(SELECTOR_MISSED)]
    if missed:
        yield Finding(
            "warning",
            "texts",
            "texts.selector",
            "The source's selector (include) matched nothing",
            facts.source.include or "",
            "correct it in config.toml: " + tune,
        )
    whole = [
        sample.url for sample in samples if sample.article and sample.article.text and sample.article.rule.startswith("body")
    ]
    if whole:
        yield Finding(
            "warning",
            "texts",
            "texts.body",
            f"On {number(len(whole), 'page')} no main part was found and the whole page was used",
            some(whole),
            tune,
        )
    lengths = {sample.url: _words(sample.article.text) for sample in samples if sample.article and sample.article.text}
    short = [f"{url} ({number(count, 'word')})" for url, count in lengths.items() if count < MIN_PAGE_WORDS]
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


def _coverage(facts: Facts, samples: list[Sample]) -> Iterator[Finding]:
    compared = [(sample.url, sample.shared) for sample in samples if sample.shared is not None]
    little = [f"{share:.0%} on {url}" for url, share in compared if share is not None and share < MIN_SHARED]
    if little:
        yield Finding(
            "warning",
            "texts",
            "texts.coverage",
            f"On {number(len(little), 'page')} the extracted text has little of the feed's text: the article was"
            " missed, or the summary was written separately",
            some(little, 160),
            f"compare: indexer preview {shell_word(samples[0].url)}",
        )
    elif compared:
        least = min(share for _, share in compared if share is not None)
        yield Finding("ok", "texts", "texts.coverage", "The pages' texts contain the feed's text", f"at least {least:.0%} of it")


def _page_language(facts: Facts, samples: list[Sample]) -> Iterator[Finding]:
    contradictions, agreed = [], Counter[str]()
    for sample in samples:
        text = sample.article.text if sample.article else ""
        declared, detected = normalize(sample.declared_language), sample.detected_language
        if len(text) < MIN_LANGUAGE_CHARACTERS or detected == UNDETERMINED:
            continue
        if declared and declared != detected:
            contradictions.append(f'{sample.url}: lang="{sample.declared_language}", reads as {detected}')
        else:
            agreed[detected] += 1
    if contradictions:
        yield Finding(
            "warning",
            "texts",
            "texts.language",
            f"{number(len(contradictions), 'page declares', 'pages declare')} another language than its text is in",
            some(contradictions, 200),
            "the detected language is used for long texts; the site's template should declare the language of each page",
        )
    elif agreed:
        yield Finding(
            "ok", "texts", "texts.language", "The pages' language is as declared, or clear from the text", ", ".join(agreed)
        )
    source_language = normalize(facts.source.language)
    if source_language and agreed and source_language not in agreed:
        yield Finding(
            "warning",
            "texts",
            "texts.language-set",
            f"The source is set to {source_language} but its pages read as {', '.join(agreed)}",
            "",
            "correct the language in the source's settings, or remove it",
        )


def _noise(facts: Facts, samples: list[Sample]) -> Iterator[Finding]:
    """Report blocks that are in the texts of several samples: they belong to the template, not to the articles."""
    blocks = Counter(
        block
        for sample in samples
        if sample.article
        for block in {" ".join(part.split()) for part in sample.article.text.split("\n\n")}
        if _words(block) >= MIN_BLOCK_WORDS
    )
    repeated = [block for block, count in blocks.most_common() if count > 1]
    if len(samples) < 2:
        return
    if len(repeated) == 1 and blocks[repeated[0]] < len(samples):
        repeated = []  # editors repeat themselves, too
    if repeated:
        sure = len(samples) > 2
        yield Finding(
            "warning" if sure else "notice",
            "texts",
            "texts.noise",
            f"{number(len(repeated), 'block is', 'blocks are')} in the text of several pages: "
            + ("part of the template, not of the articles" if sure else "perhaps part of the template"),
            some([f"“{block}”" for block in repeated]),
            'if so, remove it: exclude = "CSS selector" for the source in config.toml;'
            f" see the result: indexer preview {shell_word(samples[0].url)}",
        )
    else:
        yield Finding("ok", "texts", "texts.noise", f"No block repeats in all of the {number(len(samples), 'page')}")


def _authors(samples: list[Sample]) -> Iterator[Finding]:
    without = [sample.url for sample in samples if sample.article and not sample.article.authors and not sample.entry.authors]
    if without and len(without) == len(samples):
        yield Finding(
            "notice",
            "texts",
            "texts.authors",
            "Neither feed nor pages name an author",
            "",
            'only needed to search by author:; the pages could name one: <meta name="author">',
        )
