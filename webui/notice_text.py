"""Write notices about a query in the visitor's language. The program itself decides on codes (`indexer.model.Notice`)."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from indexer.model import Notice
from webui.interface_language import Interface

TEXTS: Final = {
    "boost-limited": "The weight %(part)s is limited.",
    "date-range-swapped": "The date range is backwards. Its ends are swapped.",
    "distance-limited": "The distance %(part)s is limited.",
    "field-without-value": "%(part)s has no value. It is searched for as text.",
    "not-a-date": "%(part)s is not a date. Write 2020, 2020-05 or 2020-05-27.",
    "nothing-to-search": "The query has no letters or digits.",
    "operator-ignored": "%(part)s has nothing to work on and is ignored.",
    "parenthesis-missing": "A closing parenthesis is missing.",
    "pattern-and-fuzzy": "%(part)s cannot be both a pattern and fuzzy. It is read as a pattern.",
    "pattern-limited": "%(part)s stands for too many words. Only some of them are used.",
    "pattern-without-letter": "%(part)s would match every word. A pattern needs a letter.",
    "phrase-without-word": "%(part)s has no word that can be searched for.",
    "query-too-long": "The query is too long. Only its beginning is used.",
    "quotation-mark-missing": "A quotation mark is missing.",
    "sign-not-indexed": "The signs in %(part)s are not searched for.",
    "sorted-by-date": "Sorted by date because of %(part)s. Write it in quotation marks to search for it.",
    "too-deep": "The parentheses are nested too deeply.",
    "too-many-words": "The query has too many words. Only some of them are used.",
    "too-slow": "The search took too long. Results may be missing.",
    "unknown-field": "There is no field %(part)s. It is searched for as text.",
    "words-too-common": "These words are too common to be searched for.",
}


def notice_html(ui: Interface, notice: Notice) -> Markup | str:
    """Return the text of a notice for a page. English keeps the sentence of the notice, which names more details."""
    if ui.language == "en" or notice.code not in TEXTS:
        return notice.text
    return ui.text(TEXTS[notice.code], part=Markup("<bdi>{}</bdi>").format(notice.part))


def notice_text(ui: Interface, notice: Notice) -> str:
    """Return the text of a notice for JSON."""
    if ui.language == "en" or notice.code not in TEXTS:
        return notice.text
    return ui.plain(TEXTS[notice.code], part=notice.part)
