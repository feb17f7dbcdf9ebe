"""News stories of mixed shapes with known words, on pages of several layouts.

A story has paragraphs, and between them what tends to be lost: figures, results, prices, tables set as paragraphs, quotes,
datelines, short lines and short ends. The truth is the list of its blocks.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable
from dataclasses import dataclass

PLACES = ("Norrvik", "Aldham", "Sankt Peter", "Oldquay", "Brannholm", "Vesterby", "Lower Marsh", "Kestrel Bay")
PEOPLE = ("Ann Lee", "Jonas Vik", "Mara Hollis", "Tomasz Wolny", "Ines Carvalho", "Per Lund", "Ada Quay", "Ruth Okafor")
SUBJECTS = ("ferry", "harbour wall", "tide mill", "brewery", "school board", "library", "bus line", "fish market", "night train")
VERBS = (
    "opened",
    "lost",
    "bought",
    "repaired",
    "refused",
    "measured",
    "praised",
    "moved",
    "counted",
    "painted",
    "closed",
    "sold",
)
REST = (
    "after a debate of two hours", "without saying why", "for the third time this year", "in front of some forty guests",
    "because the old one had rusted", "at half of the price", "as the weather had been announced", "before the season begins",
    "with the help of the neighbours", "although nobody had asked for it", "on the day of the regatta", "under a new contract",
)  # fmt: skip
UNITS = ("mln", "kroner", "euros", "tonnes", "points", "pct", "metres", "votes", "litres")


@dataclass(frozen=True, slots=True)
class Story:
    """A page and its truth. `blocks`: every text of the story, without title and byline."""

    url: str
    title: str
    blocks: tuple[str, ...]
    layout: str
    page: str


def story(number: int) -> Story:
    """Return the story of a number; the same number gives the same story."""
    chance = random.Random(number)
    title = f"{chance.choice(PLACES)} {chance.choice(VERBS)} its {chance.choice(SUBJECTS)} {number}"
    blocks = [(tag, text) for tag, text in _blocks(chance) if text != title]
    names = list(LAYOUTS)
    layout = names[number % len(names)]
    url = f"https://press.example/{number}"
    markup = LAYOUTS[layout](title, _markup(blocks, chance), chance)
    page = f'<!DOCTYPE html><html lang=en><head><meta charset="utf-8"><title>{title}</title></head><body>{markup}</body></html>'
    return Story(url, title, tuple(text for _, text in blocks), layout, page)


def _sentence(chance: random.Random) -> str:
    who = chance.choice((chance.choice(PEOPLE), f"The {chance.choice(SUBJECTS)} of {chance.choice(PLACES)}", "A spokesman"))
    number = f" {chance.randint(2, 990)} {chance.choice(UNITS)} and" if chance.random() < 0.3 else ""
    return f"{who} {chance.choice(VERBS)}{number} the {chance.choice(SUBJECTS)} {chance.choice(REST)}."


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(1, 5)))


def _amount(chance: random.Random) -> str:
    return chance.choice(
        (f"{chance.randint(1, 999)},{chance.randint(100, 999)}", f"{chance.random() * 90:.2f}", str(chance.randint(3, 2030)))
    )


SHAPES: tuple[Callable[[random.Random], str], ...] = (
    lambda c: f"{c.choice(('Net', 'Shr', 'Revs', 'Total', 'Year'))} {_amount(c)} vs {_amount(c)} {c.choice(UNITS)}",
    lambda c: f"{c.choice(PLACES)} {c.randint(0, 5)}, {c.choice(PLACES)} {c.randint(0, 5)}",
    lambda c: f"{c.randint(1, 9)}. {c.choice(PEOPLE)} {c.randint(1, 59)}:{c.randint(10, 59)}.{c.randint(0, 9)}",
    lambda c: f"{c.choice(SUBJECTS).capitalize()} {c.randint(1, 40)}.{c.randint(10, 99)} euros a piece",
    lambda c: f"{c.choice(PLACES).upper()}, {c.choice(('12 May', 'March 3', 'Oct 30'))} - {_sentence(c)}",
    lambda c: f"{c.randint(6, 23):02}:{c.choice(('00', '15', '30'))} {c.choice(SUBJECTS)} and {c.choice(SUBJECTS)}",
    lambda c: f"“{_sentence(c)}”",
    lambda c: f"By {c.choice(('Friday', '2031', 'nightfall', 'then'))} {c.randint(3, 900)} of them had left",
    lambda c: f"{c.randint(1990, 2026)}: {_amount(c)} {c.choice(UNITS)}",
    lambda c: c.choice(("No.", "It did not.", "The trial goes on.", "That was all", "Nobody was hurt.", "To be continued")),
    lambda c: f"Kick-off is at {c.randint(1, 12)}:30 on {c.choice(('Sunday', 'Tuesday'))}",
    lambda c: f"{c.choice(('Previously', 'Related costs', 'Share prices', 'Comments', 'Most read'))} {_sentence(c)[4:]}",
    lambda c: f"{c.randint(0, 9)} - {c.randint(0, 9)}",
    lambda c: f"Nine mths to {c.choice(('Jan 31', 'Sept 30', '12 May 2020'))}",
    lambda c: f"{c.choice(PEOPLE)}: {_sentence(c)}",
    lambda c: f"Tickets {c.randint(4, 60)} euros, children {c.randint(1, 9)}",
    # An interview, a live ticker, a recipe, and lists of names.
    lambda c: f"{c.choice(('Q', 'A', 'Question', 'Answer'))}: {_sentence(c)}",
    lambda c: f"Why was the {c.choice(SUBJECTS)} {c.choice(VERBS)}?",
    lambda c: c.choice(("Yes.", "Yes, of course.", "I do not know.", "Let us hope so!", "No comment.")),
    lambda c: f"{c.randint(8, 23)}:{c.randint(10, 59)} – {_sentence(c)}",
    lambda c: f"{c.randint(1, 90)}' {c.choice(PEOPLE)} {c.choice(('scores', 'is sent off', 'comes on'))}",
    lambda c: f"{c.randint(1, 9)}0 g {c.choice(('flour', 'butter', 'sugar', 'cod'))}",
    lambda c: f"{c.randint(1, 9)}. {c.choice(('Stir', 'Bake', 'Cut', 'Serve'))} for {c.randint(2, 50)} minutes.",
    lambda c: f"Serves {c.randint(2, 12)}",
    lambda c: f"{c.choice(PEOPLE)} and {c.choice(PEOPLE)}, {c.choice(PLACES)}",
    lambda c: f"{c.choice(PEOPLE)} ({c.choice(PLACES)}), {c.choice(PEOPLE)} ({c.choice(PLACES)})",
    lambda c: f"{c.choice(PEOPLE)} b {c.choice(PEOPLE)} {c.randint(0, 7)}-{c.randint(0, 7)}, {c.randint(0, 7)}-{c.randint(0, 7)}",
    lambda c: f"{c.choice(PLACES).upper()} (AP) —",
    lambda c: f"{c.choice(('1st', '2nd', '3rd'))} {c.choice(PEOPLE)} {c.randint(20, 99)} pts",
    lambda c: f"{c.choice(('Monday', 'Friday'))}: {c.choice(SUBJECTS)}, {c.randint(1, 12)} pm",
    lambda c: f"{c.choice(PLACES)} {c.randint(-9, 35)} C, wind {c.randint(1, 12)} m/s",
)  # fmt: skip


def _blocks(chance: random.Random) -> list[tuple[str, str]]:
    """Return tags and texts. Some stories begin or end with short lines, and some hardly have anything else."""
    blocks: list[tuple[str, str]] = []
    short = chance.choice((0.15, 0.35, 0.6, 0.9))
    for _ in range(chance.randint(4, 16)):
        if chance.random() < short:
            shape = chance.choice(SHAPES)
            blocks += [("p", shape(chance)) for _ in range(chance.choice((1, 1, 2, 5)))]
        else:
            blocks.append(("p", _paragraph(chance)))
        kind = chance.random()
        if kind < 0.06:
            blocks += [("li", _sentence(chance)) for _ in range(chance.randint(2, 5))]
        elif kind < 0.1:
            blocks += [("h2", f"What the {chance.choice(SUBJECTS)} said"), ("p", _paragraph(chance))]
        elif kind < 0.14:
            blocks.append(("blockquote", _sentence(chance)))
        elif kind < 0.18:
            blocks += [("td", _amount(chance)) for _ in range(chance.choice((4, 6)))]
    if not any(len(text) > 60 for _, text in blocks):
        blocks.append(("p", _paragraph(chance) + " " + _sentence(chance)))
    if chance.random() < 0.4:
        blocks.append(("p", chance.choice(SHAPES)(chance)))
    return list({text: (tag, text) for tag, text in blocks}.values())


def _markup(blocks: list[tuple[str, str]], chance: random.Random) -> str:
    div = chance.random() < 0.2  # paragraphs under another name
    parts = []
    for position, (tag, text) in enumerate(blocks):
        before = blocks[position - 1][0] if position else ""
        after = blocks[position + 1][0] if position + 1 < len(blocks) else ""
        escaped = html.escape(text)
        match tag:
            case "li":
                parts.append(f"{'<ul>' if before != 'li' else ''}<li>{escaped}</li>{'</ul>' if after != 'li' else ''}")
            case "td":
                row = f"<tr><td>{escaped}</td></tr>"
                parts.append(f"{'<table>' if before != 'td' else ''}{row}{'</table>' if after != 'td' else ''}")
            case "p" if div:
                parts.append(f"<div>{escaped}</div>")
            case _:
                parts.append(f"<{tag}>{escaped}</{tag}>")
    return "".join(parts)


def _frame(inner: str, chance: random.Random) -> str:
    menu = "".join(f"<li><a href='/{subject}'>{subject.capitalize()}</a></li>" for subject in SUBJECTS)
    links = "".join(f"<li><a href='/n{chance.randint(1, 9999)}'>{_sentence(chance)}</a></li>" for _ in range(5))
    return (
        f"<header><a href='/'>The Press</a><nav><ul>{menu}</ul></nav></header>{inner}"
        f"<aside><h3>More</h3><ul>{links}</ul></aside><footer>© The Press. All rights reserved.</footer>"
    )


def _byline(chance: random.Random) -> str:
    return f"<p>By {chance.choice(PEOPLE)}</p><p>{chance.randint(1, 28)} May 2020, {chance.randint(8, 20)}:15</p>"


LAYOUTS: dict[str, Callable[[str, str, random.Random], str]] = {
    "article": lambda t, m, c: f"<article><h1>{t}</h1>{m}</article>",
    "main": lambda t, m, c: _frame(f"<main><article><h1>{t}</h1>{_byline(c)}{m}</article></main>", c),
    "itemprop": lambda t, m, c: _frame(f"<h1>{t}</h1><div itemprop='articleBody'>{m}</div>", c),
    "name": lambda t, m, c: _frame(f"<div class='post'><h1>{t}</h1>{_byline(c)}<div class='entry-content'>{m}</div></div>", c),
    "body": lambda t, m, c: f"<h1>{t}</h1>{m}",
    "plain": lambda t, m, c: _frame(f"<div id='c3'><h1>{t}</h1><div class='x7'>{m}</div></div>", c),
}
