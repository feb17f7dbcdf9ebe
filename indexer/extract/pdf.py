"""Extract text, title and dates of a PDF. Resources are bounded, and a broken file gives a message, never an exception.

pypdf is pure Python, and crafted files can slow it down. Therefore the content of each page is limited, and the time is checked
after each page.
"""

from __future__ import annotations

import io
import logging
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from indexer import html
from indexer.model import Article
from indexer.reasons import Reason

MAX_BYTES: Final = 50_000_000
MAX_PAGES: Final = 500
MAX_CHARACTERS: Final = 2_000_000
MAX_SECONDS: Final = 20.0  # of processor time, checked after each page
MAX_STREAM_BYTES: Final = 20_000_000  # of one decompressed stream
_LIMITS: Final[dict[str, Any]] = {
    "zlib_maximum_output_length": MAX_STREAM_BYTES,
    "lzw_maximum_output_length": MAX_STREAM_BYTES,
    "run_length_maximum_output_length": MAX_STREAM_BYTES,
    "array_based_stream_maximum_output_length": MAX_STREAM_BYTES,
    "stream_decoding_work_maximum_length": 4 * MAX_STREAM_BYTES,
    "stream_parsing_work_maximum_count": 500_000,  # operators in one page's content: a few seconds
    "xform_maximum_invocations_per_extraction": 500,
    "page_tree_maximum_entries": 20_000,
    "jbig2dec_binary": None,  # images are not decoded, and no other program is started
}
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")
_PARAGRAPH = re.compile(r"\n\s*\n|(?<=[.!?:])\n(?=[A-ZÄÖÜÀ-Þ•\-–])")
_NO_TITLE = re.compile(
    r"^(?:untitled|microsoft word - .*|.*\.(?:docx?|pdf|indd|odt|pptx?|xlsx?|tmp)|document\d*|powerpoint.*|\W*)$", re.I
)


@dataclass(frozen=True, slots=True)
class Pdf:
    """The article of a PDF, and the number of its pages, including those beyond the limits."""

    article: Article
    pages: int


def extract_pdf(body: bytes, url: str) -> Pdf | Reason:
    """Return the text of a PDF, or the reason why it has none (encrypted, damaged, only images). Never raises."""
    if len(body) > MAX_BYTES:
        return Reason("pdf-too-large", str(MAX_BYTES // 1_000_000))
    if b"%PDF-" not in body[:1024]:
        return Reason("pdf-invalid")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # pypdf logs each flaw that it repairs
    import pypdf

    try:
        with pypdf.apply_configuration(**_LIMITS):
            reader = pypdf.PdfReader(io.BytesIO(body), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                return Reason("pdf-encrypted")
            count = len(reader.pages)
            text, problem = _text_of(reader, count)
            return Pdf(_article(reader, text, url), count) if text else problem or Reason("pdf-scanned")
    except pypdf.errors.DependencyError:
        return Reason("pdf-encryption-unknown")
    except (MemoryError, RecursionError):
        return Reason("pdf-too-complex")
    except Exception as error:  # third-party code on hostile files raises many types
        return _damaged(error)


def _damaged(error: Exception) -> Reason:
    return Reason("pdf-damaged", " ".join(str(error).split())[:120] or type(error).__name__)


def _text_of(reader: object, count: int) -> tuple[str, Reason | None]:
    problem: Reason | None = None
    started, pieces, size = time.process_time(), [], 0
    for number in range(min(count, MAX_PAGES)):
        try:
            piece = reader.pages[number].extract_text()  # type: ignore[attr-defined]  # pypdf.PdfReader, imported lazily
        except (MemoryError, RecursionError):
            raise
        except Exception as error:  # a damaged page must not affect the others
            problem = _damaged(error)
            continue
        pieces.append(_paragraphs(piece))
        size += len(piece)
        if size > MAX_CHARACTERS or time.process_time() - started > MAX_SECONDS:
            break
    return html.clean_text("\n\n".join(filter(None, pieces))[:MAX_CHARACTERS]), problem


def _paragraphs(text: str) -> str:
    """Join the lines of a page to paragraphs, and words that were hyphenated at line ends."""
    whole = _HYPHEN.sub("", text.replace("\xad\n", ""))
    return "\n\n".join(filter(None, (" ".join(part.split()) for part in _PARAGRAPH.split(whole))))


def _article(reader: object, text: str, url: str) -> Article:
    about = _about(reader)
    return Article(
        text=text,
        rule="pdf",
        title=title_of(about.get("/Title", ""), text, url),
        summary=" ".join(html.clean_text(about.get("/Subject", "")).split())[:1_000],
        language=_language(reader),
        published=_moment(about.get("/CreationDate", "")),
        modified=_moment(about.get("/ModDate", "")),
        authors=authors_of(about.get("/Author", "")),
    )


def title_of(stated: str, text: str, url: str) -> str:
    """Return the title of a file: the stated one unless a program wrote it, the first line of the text, or the file's name."""
    title = " ".join(html.clean_text(stated).split())[:500]
    return title if title and not _NO_TITLE.match(title) else _first_line(text) or _from_address(url)


def authors_of(names: str) -> tuple[str, ...]:
    """Return the authors in a file's property, without addresses and what is too long for a name."""
    authors = [" ".join(html.clean_text(name).split()) for name in re.split(r"[;,&]| and ", names)[:20]]
    return tuple(dict.fromkeys(name for name in authors if name and len(name) < 80 and "@" not in name))


def _about(reader: object) -> dict[str, str]:
    try:
        return {str(name): str(value)[:5_000] for name, value in (reader.metadata or {}).items()}  # type: ignore[attr-defined]  # pypdf.PdfReader, imported lazily
    except Exception:  # a broken information dictionary must not affect the text
        return {}


def _language(reader: object) -> str | None:
    try:
        return str(reader.trailer["/Root"].get("/Lang") or "")[:20] or None  # type: ignore[attr-defined]  # pypdf.PdfReader, imported lazily
    except Exception:
        return None


def _moment(value: str) -> datetime | None:
    """Return the moment of a PDF date such as D:20240517103000+02'00'."""
    match = re.match(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?([+-]\d\d)?'?(\d\d)?", value.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[n] or (1 if n in (2, 3) else 0)) for n in range(1, 7))
    zone = f"{match[7] or '+00'}:{match[8] or '00'}"
    try:
        written = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"
        return datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        return None


def _first_line(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line if 8 <= len(line) <= 200 else ""


def _from_address(url: str) -> str:
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return " ".join(html.clean_text(re.sub(r"[-_+]+", " ", re.sub(r"\.\w{1,5}$", "", name))).split())
