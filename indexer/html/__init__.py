"""Turn bytes into text, text into a tree, and a tree into visible text. Only this package uses BeautifulSoup and lxml.

decode      bytes to text, in the order of the WHATWG Encoding Standard
read        a page to an lxml tree; `parse` to a BeautifulSoup tree. Hostile markup is sanitised first
to_text     markup to the text that a reader sees, blocks separated by blank lines; `text_of` does the same for a part of a tree
clean_text  normalise one string for a `Document`
parse_xml   XML without entities, DTD and network access
"""

from bs4 import BeautifulSoup as Tree
from bs4.element import Tag

from indexer.html.encoding import Declared, XmlElement, declared, decode, is_page, parse_xml, without_comments, without_doctype
from indexer.html.sanitize import BLOCKS, may_have_long_part, sanitize
from indexer.html.visible_text import (
    UNSEEN,
    Element,
    clean_text,
    concealment,
    concealment_of,
    hides,
    is_hidden,
    is_panel,
    item_types,
    line_of,
    panels_of_headings,
    parse,
    prose,
    read,
    select,
    selector_problem,
    text_of,
    to_text,
)

__all__ = [
    "BLOCKS",
    "UNSEEN",
    "Declared",
    "Element",
    "Tag",
    "Tree",
    "XmlElement",
    "clean_text",
    "concealment",
    "concealment_of",
    "declared",
    "decode",
    "hides",
    "is_hidden",
    "is_page",
    "is_panel",
    "item_types",
    "line_of",
    "may_have_long_part",
    "panels_of_headings",
    "parse",
    "parse_xml",
    "prose",
    "read",
    "sanitize",
    "select",
    "selector_problem",
    "text_of",
    "to_text",
    "without_comments",
    "without_doctype",
]
