"""Check whether a body is encoded as declared."""

from __future__ import annotations

from typing import Literal

from indexer import html
from indexer.doctor.finding import Finding, Topic
from indexer.model import Response

MAX_SHOWN_BYTES = 40


def encoding_finding(answer: Response, kind: Literal["html", "xml"], topic: Topic) -> Finding:
    """Return a finding about the declared encoding of a body."""
    body, subject = answer.body, "The feed" if kind == "xml" else "The page"
    declared = html.declared(body, answer.headers.get("content-type"), kind=kind)
    used = declared.mark or declared.header or declared.inside
    seen = _seen(declared)
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
            f"{subject} declares no encoding and is not in UTF-8: the encoding was guessed",
            seen,
            "the site's administrator should declare the encoding, preferably UTF-8",
        )
    if declared.header and declared.inside and declared.header != declared.inside and not declared.mark:
        right = _which(body, declared.header, declared.inside)
        what = f"{subject} is declared in two encodings; the header is used"
        if right == declared.inside:
            return Finding(
                "error",
                topic,
                code,
                f"{what}, and it is wrong: accented letters are garbled",
                f"{seen}; the bytes are {right}",
                "the server must send the right charset in Content-Type, or none",
            )
        return Finding("notice", topic, code, what, seen, "make them equal")
    if used == "utf-8" and bad is not None:
        start = body[max(0, bad - 12) : bad + MAX_SHOWN_BYTES - 12].decode("latin-1")
        return Finding(
            "error",
            topic,
            code,
            f"{subject} is declared as UTF-8 but is not: letters are lost",
            f"{seen}; the first wrong byte is number {bad:,}, near {start!r}",
            "the site's administrator must write it in UTF-8, or declare its encoding",
        )
    if used != "utf-8" and bad is None and not used.startswith("utf-16"):
        return Finding(
            "error",
            topic,
            code,
            f"{subject} is declared as {used} but reads as UTF-8: accented letters are garbled",
            seen,
            "the site's administrator must declare UTF-8",
        )
    return Finding("ok", topic, code, f"{subject} is encoded as declared", seen)


def _seen(declared: html.Declared) -> str:
    places = (("byte-order mark", declared.mark), ("header", declared.header), ("declared inside", declared.inside))
    return ", ".join(f"{where}: {label}" for where, label in places if label) or "nothing declared"


def _which(body: bytes, header: str, inside: str) -> str:
    """Return which of two codecs the bytes are in. Text of another encoding is hardly ever valid UTF-8."""
    fits = _first_bad(body, "utf-8") is None
    if "utf-8" in (header, inside):
        other = inside if header == "utf-8" else header
        return "utf-8" if fits else other
    return header


def _first_bad(body: bytes, codec: str) -> int | None:
    """Return the offset of the first byte that the codec cannot decode; None if there is none."""
    try:
        body.decode(codec)
    except UnicodeDecodeError as error:
        return None if error.start >= len(body) - 3 and error.reason == "unexpected end of data" else error.start
    return None
