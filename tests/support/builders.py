"""Feeds and pages for scripted webs."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from support.web import Scripted

NAMES = ("ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lark", "mole", "newt", "owl", "pug")


def item(url: str = "", title: str = "", text: str = "", guid: str = "", date: str = "") -> str:
    """An item of a feed; what is empty is left out. `guid` that ends with a ! is a permanent link."""
    link = f"<link>{url.replace('&', '&amp;')}</link>" if url else ""
    name = f'<guid isPermaLink="{str(guid.endswith("!")).lower()}">{guid.rstrip("!")}</guid>' if guid else ""
    day = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{title}</title>{link}{name}{day}<description>{text}</description></item>"


def feed(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


def story(seed: str, words: int = 150) -> str:
    """A text of its own for each seed."""
    random = Random(seed)
    letters = ("bdfgklmnprst", "aeiou", "lmnrst", "aeio")
    names = ["".join(map(random.choice, letters)) for _ in range(400)]
    sentences = [" ".join(random.choice(names) for _ in range(12)).capitalize() for _ in range(words // 12)]
    half = len(sentences) // 2
    return f"{'. the '.join(sentences[:half])}.\n\n{'. the '.join(sentences[half:])}."


def page(text: str, *, title: str = "", head: str = "", lang: str = "en") -> str:
    body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return f"<html lang={lang}><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


def feed_of(names: Iterable[str], text: str = "short words about {}") -> str:
    """Return a feed of one item for each name."""
    items = "".join(
        f"<item><title>The tale of the {n}</title><link>/{n}</link><description>{text.format(n)}</description></item>"
        for n in names
    )
    return f"<rss version='2.0'><channel><title>Tales</title>{items}</channel></rss>"


def article(name: str, head: str = "", times: int = 6, words: str = "") -> str:
    """A page with some 800 characters of text."""
    text = " ".join(
        f"In chapter {n} the {name} went to the {name} market, met its {name} friends there and told them story {n} {words}."
        for n in range(times)
    )
    title = f"The tale of the {name}"
    return (
        f"<html lang=en><head><title>{title} - Tales</title>{head}</head><article><h1>{title}</h1><p>{text}</p></article></html>"
    )


def site(names: Iterable[str] = NAMES[:3]) -> dict[str, Scripted]:
    """Return a site with a feed of tales and a page for each."""
    return {"/rss.xml": feed_of(names), **{f"/{name}": article(name) for name in names}}


def titled(title: str, text: str = "Sorry.", more: str = "") -> str:
    return f"<html><head><title>{title}</title>{more}</head><body><h1>{title}</h1><p>{text}</p></body></html>"
