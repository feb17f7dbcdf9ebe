"""Is text encoded as it is declared to be?"""

from __future__ import annotations

from typing import Literal

from indexer import html
from indexer.doctor.finding import Finding, Topic
from indexer.model import Response

_SAMPLE = 40  # bytes shown


def encoding_finding(answer: Response, kind: Literal["html", "xml"], topic: Topic) -> Finding:
    """One finding about a body: what is declared, and whether the bytes are that."""
    body, subject = answer.body, "The feed" if kind == "xml" else "The page"
    said = html.declared(body, answer.headers.get("content-type"), kind=kind)
    used = said.mark or said.header or said.inside
    seen = _seen(said)
    code = f"{topic}.encoding"
    bad = _first_bad(body, "utf-8")
    if body.isascii():
        return Finding("ok", topic, code, f"{subject} has plain ASCII characters only", seen)
    if used is None:
        if bad is None:
            return Finding("ok", topic, code, f"{subject} is in UTF-8", seen)
        return Finding(
            "warning",
            topic,
            code,
            f"{subject} does not say how it is encoded and is not in UTF-8: it was guessed",
            seen,
            "its administrator should declare the encoding, best UTF-8",
        )
    if said.header and said.inside and said.header != said.inside and not said.mark:
        right = _which(body, said.header, said.inside)
        what = f"{subject} is declared to be in two encodings; the header counts"
        if right == said.inside:
            return Finding(
                "error",
                topic,
                code,
                f"{what}, and is wrong: letters with accents are spoilt",
                f"{seen}; the bytes are {right}",
                "the server has to send the right charset in Content-Type, or none",
            )
        return Finding("notice", topic, code, what, seen, "make them the same")
    if used == "utf-8" and bad is not None:
        start = body[max(0, bad - 12) : bad + _SAMPLE - 12].decode("latin-1")
        return Finding(
            "error",
            topic,
            code,
            f"{subject} is declared as UTF-8 but is not: letters are lost",
            f"{seen}; the first bad byte is number {bad:,}, near {start!r}",
            "its administrator has to have it written in UTF-8, or declare what it is",
        )
    if used != "utf-8" and bad is None and not used.startswith("utf-16"):
        return Finding(
            "error",
            topic,
            code,
            f"{subject} is declared as {used} but reads as UTF-8: letters with accents are spoilt",
            seen,
            "its administrator has to declare UTF-8",
        )
    return Finding("ok", topic, code, f"{subject} is encoded as declared", seen)


def _seen(said: html.Declared) -> str:
    places = (("byte-order mark", said.mark), ("header", said.header), ("declared inside", said.inside))
    return ", ".join(f"{where}: {label}" for where, label in places if label) or "nothing declared"


def _which(body: bytes, header: str, inside: str) -> str:
    """Which of two codecs the bytes are in: UTF-8 cannot be met by chance, and is not met when a byte is wrong."""
    fits = _first_bad(body, "utf-8") is None
    if "utf-8" in (header, inside):
        other = inside if header == "utf-8" else header
        return "utf-8" if fits else other
    return header


def _first_bad(body: bytes, codec: str) -> int | None:
    try:
        body.decode(codec)
    except UnicodeDecodeError as error:
        return None if error.start >= len(body) - 3 and error.reason == "unexpected end of data" else error.start
    return None
