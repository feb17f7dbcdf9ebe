"""The sample newsroom's pages and feeds: pure functions from the items in `content/` to HTML and XML.

The pages carry what real ones carry around an article: menu, cookie notice, breadcrumbs, share links, related items,
newsletter box, footer. A good crawler finds none of it again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
SITE = {"en": "The Orrin Gazette", "de": "Der Bote von Orrin", "fr": "La Gazette d’Orrin"}
WORDS = {
    "en": ("News", "Topics", "Related", "Share", "By", "Updated", "Home"),
    "de": ("Nachrichten", "Themen", "Verwandtes", "Teilen", "Von", "Aktualisiert", "Start"),
    "fr": ("Actualités", "Sujets", "Voir aussi", "Partager", "Par", "Mis à jour", "Accueil"),
}
MOVED_TO = "/archive/2026/"


@dataclass(frozen=True, slots=True)
class Item:
    slug: str
    language: str
    title: str
    date: datetime
    updated: datetime | None
    author: str
    category: str
    image: str
    feed: str  # full: all of it; fuller: the page has a paragraph more; teaser: the lead alone
    lead: str
    paragraphs: tuple[str, ...]
    gone: bool
    moved: bool

    @property
    def path(self) -> str:
        return f"/{self.language}/news/{self.slug}/"

    @property
    def place(self) -> str:
        """Where the page is now."""
        return f"{MOVED_TO}{self.slug}/" if self.moved else self.path


def load() -> list[Item]:
    """All items, newest first."""
    items = []
    for path in sorted((HERE / "content").glob("*.txt")):
        for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.M)[1:]:
            head, _, body = block.partition("\n\n")
            slug, *lines = head.splitlines()
            values = dict(line.split(": ", 1) for line in lines)
            items.append(
                Item(
                    slug=slug.strip(),
                    language=path.stem,
                    title=values["title"],
                    date=_moment(values["date"]),
                    updated=_moment(values["updated"]) if "updated" in values else None,
                    author=values["author"],
                    category=values["category"],
                    image=values.get("image", ""),
                    feed=values["feed"],
                    lead=values["lead"],
                    paragraphs=tuple(" ".join(part.split()) for part in body.strip().split("\n\n")),
                    gone="gone" in values,
                    moved="moved" in values,
                )
            )
    return sorted(items, key=lambda item: item.date, reverse=True)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def feed_html(item: Item) -> str:
    """What the feed carries of an item's text."""
    kept = item.paragraphs if item.feed == "full" else item.paragraphs[:-1] if item.feed == "fuller" else ()
    return "".join(f"<p>{escape(part)}</p>" for part in (item.lead, *kept)) if kept else ""


def article(item: Item, items: list[Item], root: str) -> str:
    _, _, related, share, by, updated, _ = WORDS[item.language]
    others = [each for each in items if each.language == item.language and each is not item and not each.gone]
    near = sorted(others, key=lambda each: (each.category != item.category, abs(each.date - item.date)))[:3]
    data = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": item.title, "inLanguage": item.language,
        "datePublished": item.date.isoformat(), "author": {"@type": "Person", "name": item.author},
        **({"dateModified": item.updated.isoformat()} if item.updated else {}),
    }  # fmt: skip
    image = f"/img/{item.image}.svg" if item.image else ""
    head = (
        f'<link rel="canonical" href="{root}{item.place}"><meta name="description" content="{escape(item.lead)}">'
        f'<meta property="og:title" content="{escape(item.title)}"><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="{item.date.isoformat()}">'
        f'<meta name="author" content="{escape(item.author)}">'
        + (f'<meta property="og:image" content="{root}{image}">' if image else "")
        + f'<script type="application/ld+json">{json.dumps(data)}</script>'
    )
    figure = f'<figure><img src="{image}" alt="" width="640" height="280"></figure>' if image else ""
    changed = f' · {updated} <time datetime="{item.updated.isoformat()}">{item.updated:%d.%m.%Y}</time>' if item.updated else ""
    text = "".join(f"<p>{escape(part)}</p>\n" for part in item.paragraphs)
    links = "".join(f'<li><a href="{each.path}">{escape(each.title)}</a></li>' for each in near)
    body = f"""<nav class="crumbs" aria-label="Breadcrumb"><a href="/">{SITE[item.language]}</a> ›
<a href="/{item.language}/">{WORDS[item.language][0]}</a> › <a href="{topic_path(item)}">{escape(item.category)}</a></nav>
<main><article>
<header><h1>{escape(item.title)}</h1>
<p class="meta">{by} {escape(item.author)} · <time datetime="{item.date.isoformat()}">{item.date:%d.%m.%Y}</time>{changed}</p></header>
{figure}<p class="lead">{escape(item.lead)}</p>
{text}</article>
<div class="share">{share}: <a href="#">Mail</a> <a href="#">Mastodon</a> <a href="#">Postcard</a></div></main>
<aside class="related"><h2>{related}</h2><ul>{links}</ul></aside>"""
    return page(item.language, f"{item.title} | {SITE[item.language]}", body, head)


def topic_path(item: Item) -> str:
    return f"/{item.language}/topics/{re.sub(r'[^a-z]+', '-', item.category.lower().replace('é', 'e'))}/"


def listing(language: str, heading: str, items: list[Item]) -> str:
    rows = "".join(
        f'<li><p class="meta"><time datetime="{i.date.isoformat()}">{i.date:%d.%m.%Y}</time> · '
        f'<a href="{topic_path(i)}">{escape(i.category)}</a></p><h2><a href="{i.path}">{escape(i.title)}</a></h2>'
        f"<p>{escape(i.lead)}</p></li>"
        for i in items
    )
    return page(language, heading, f'<main><h1>{escape(heading)}</h1><ol class="list">{rows}</ol></main>')


def page(language: str, title: str, body: str, head: str = "") -> str:
    news, topics, *_ = WORDS[language]
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><link rel="stylesheet" href="/site.css">
<link rel="alternate" type="application/rss+xml" title="RSS" href="/rss.xml">
<link rel="alternate" type="application/atom+xml" title="Atom" href="/atom.xml">{head}</head><body>
<header class="site"><a class="name" href="/">{SITE[language]}</a>
<nav aria-label="Main"><a href="/en/">English</a> <a href="/de/">Deutsch</a> <a href="/fr/">Français</a>
<a href="#">Vacancies</a> <a href="#">Procurement</a> <a href="#">Councillors</a> <a href="#">Pamphlets</a></nav></header>
<div class="cookie-notice" id="cookies" role="dialog">We bake cookies for advertising wizardry. <button>Accept</button> <button>Refuse</button></div>
{body}
<section class="newsletter"><h2>Newsletter</h2><form><label>Email <input type="email"></label> <button>Enrol</button></form></section>
<footer><p>{news} · {topics} · <a href="#">Imprint</a> · <a href="#">Privacy</a> · <a href="#">Accessibility</a> ·
<a href="/rss.xml">RSS</a> · <a href="/atom.xml">Atom</a></p><p>Town clerk's bureau, 7 Ballast Lane, Orrin. Invented from weathercock to keel.</p>
</footer></body></html>"""


def rss(items: list[Item], root: str) -> str:
    rows = []
    for item in items:
        content = feed_html(item)
        encoded = f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else ""
        rows.append(
            f"<item><title>{escape(item.title)}</title><link>{root}{item.path}</link><guid>{root}{item.path}</guid>"
            f"<pubDate>{format_datetime(item.date)}</pubDate><dc:creator>{escape(item.author)}</dc:creator>"
            f"<category>{escape(item.category)}</category><description>{escape(item.lead)}</description>{encoded}</item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>The Orrin Gazette</title><link>{root}/</link><description>News of a harbour town that does not exist</description>"
        f"{''.join(rows)}</channel></rss>"
    )


def atom(items: list[Item], root: str) -> str:
    rows = []
    for item in items:
        content = feed_html(item)
        encoded = f'<content type="html">{escape(content)}</content>' if content else ""
        rows.append(
            f'<entry xml:lang="{item.language}"><title>{escape(item.title)}</title><id>{root}{item.path}</id>'
            f'<link rel="alternate" href="{root}{item.path}"/><published>{item.date.isoformat()}</published>'
            f"<updated>{(item.updated or item.date).isoformat()}</updated><author><name>{escape(item.author)}</name></author>"
            f'<category term="{escape(item.category)}"/><summary>{escape(item.lead)}</summary>{encoded}</entry>'
        )
    newest = max(item.date for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de">'
        f'<title>Der Bote von Orrin</title><id>{root}/atom.xml</id><link href="{root}/"/><link rel="self" href="{root}/atom.xml"/>'
        f"<updated>{newest.isoformat()}</updated>{''.join(rows)}</feed>"
    )
