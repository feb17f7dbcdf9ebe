"""Bytes -> text -> tree -> visible text: the one door to BeautifulSoup and lxml.

decode      which characters the bytes stand for (the order of the WHATWG standard)
parse       a tree that hostile markup cannot make deep, slow or broken (`sanitize` goes over the text once beforehand)
to_text     what a reader sees, blocks apart by a blank line; `text_of` does the same for a part of a tree
clean_text  one string made fit for a `Document`
parse_xml   XML without entities, DTD and network
"""

from bs4 import BeautifulSoup as Tree
from bs4.element import Tag

from indexer.html.encoding import Declared, declared, decode, without_comments
from indexer.html.lxml_tree import UNSEEN, Element, hides, line_of, prose, read, select
from indexer.html.sanitize import BLOCKS, sanitize
from indexer.html.sniff import is_page
from indexer.html.soup import is_hidden, parse, selector_problem, text_of, to_text
from indexer.html.text_normalization import clean_text
from indexer.html.xml import XmlElement, parse_xml, without_doctype

__all__ = [
    "BLOCKS",
    "UNSEEN",
    "Declared",
    "Element",
    "Tag",
    "Tree",
    "XmlElement",
    "clean_text",
    "declared",
    "decode",
    "hides",
    "is_hidden",
    "is_page",
    "line_of",
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
