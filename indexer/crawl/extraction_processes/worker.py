"""Extract pages, and learn templates, in a process of its own: the child program of `pool`, and the wire format.

| message | fields |
|---|---|
| request | `context` (a source with its dictionary, or None: the one of the request before), `entry`, `url`, `response` |
| reply | `result` (the fields of an ExtractionResult), `packed` (the body as the archive stores it), `given_up` |
| request to learn | `context`, `pages` (pairs of `entry` and `response`) |
| its reply | `template`, `pages`, `dictionary` |

Both travel as dictionaries with field names, so a new field cannot take the place of another one.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import signal
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Final, NamedTuple

from indexer.archive import responses, serialization
from indexer.archive.serialization import reason_from, reason_mapping
from indexer.extract.extractor import ExtractionResult, extract_document
from indexer.extract.template_learning import Pages, learn_site
from indexer.ipc import framed, own_streams, receive
from indexer.model import Entry, Response, Source
from indexer.reasons import Reason

MAX_PAGE_CPU_SECONDS: Final = 40.0  # twice what a PDF may take. It also ends what outlives the parent
MAX_PAGE_BYTES_OF_MEMORY: Final = 1_500_000_000  # a page of 10 MB takes 200 MB
NICE: Final = 5  # the parent and a web server come first; at 15 a busy machine gave workers 6 s in 130
MIN_DICTIONARY_PAGES: Final = 40
_RESPONSE_FIELDS: Final = ("url", "requested_url", "permanent_url", "status", "body")
_REASONS: Final = ("why_not", "canonical_note")  # fields of an ExtractionResult


class SourceContext(NamedTuple):
    """What a source's pages share: its settings with the template, and the dictionary that its stored answers are packed with.

    It is as long as many a page, so it is sent once and not with each page. `dictionary` None: the answer is stored already.
    """

    source: Source
    dictionary: bytes | None


@dataclasses.dataclass(frozen=True, slots=True)
class PageExtraction:
    """What one page gave.

    `packed` is the body as the archive stores it (None: the archive packs it). `given_up` says why the page could not be read;
    `result` then holds the feed's own text.
    """

    result: ExtractionResult
    packed: bytes | None = None
    given_up: Reason | None = None


def encode_request(entry: Entry, url: str, context: SourceContext | None, response: Response) -> bytes:
    """Return a framed request. `context` None: that of the request before."""
    return framed(
        {
            "context": _context_fields(context),
            "entry": serialization.to_json(entry),
            "url": url,
            "response": _response_fields(response),
        }
    )


def _context_fields(context: SourceContext | None) -> tuple[dict[str, Any], bytes | None] | None:
    return (dataclasses.asdict(context.source), context.dictionary) if context else None


def _response_fields(response: Response) -> dict[str, Any]:
    return {name: getattr(response, name) for name in _RESPONSE_FIELDS} | {"headers": dict(response.headers)}


@dataclasses.dataclass(frozen=True, slots=True)
class LearnedSite:
    """What some pages of a source have in common: the template as JSON, how many pages it counts, and a dictionary for their
    answers (b"": the pages are too few)."""

    template: str
    pages: int
    dictionary: bytes = b""


def encode_learning(pages: Pages, context: SourceContext | None) -> bytes:
    """Return a framed request to learn from pages."""
    encoded = [(serialization.to_json(entry), _response_fields(response)) for entry, response in pages]
    return framed({"context": _context_fields(context), "pages": encoded})


def learn(source: Source, pages: Pages) -> LearnedSite:
    """Return what some pages have in common."""
    template, distinct = learn_site(source, pages)
    enough = template.pages >= MIN_DICTIONARY_PAGES
    dictionary = responses.train_dictionary(response.body for _, response in distinct) if enough else b""
    return LearnedSite(template.to_json(), template.pages, dictionary)


def decode_learned(message: Any) -> LearnedSite:
    """Return what was learned from an unframed reply."""
    return LearnedSite(**message)


def encode_reply(extraction: PageExtraction) -> bytes:
    """Return a framed reply."""
    result = {each.name: getattr(extraction.result, each.name) for each in dataclasses.fields(ExtractionResult)}
    document = extraction.result.document
    result["document"] = serialization.to_json(document) if document else None
    for name in _REASONS:
        result[name] = _encoded(result[name])
    return framed({"result": result, "packed": extraction.packed, "given_up": _encoded(extraction.given_up)})


def decode_reply(message: Any) -> PageExtraction:
    """Return the extraction of an unframed reply."""
    result = dict(message["result"])
    if result["document"] is not None:
        result["document"] = serialization.document_from(json.loads(result["document"]))
    for name in _REASONS:
        result[name] = _decoded(result[name])
    return PageExtraction(ExtractionResult(**result), message["packed"], _decoded(message["given_up"]))


def _encoded(reason: Reason | None) -> dict[str, Any] | None:
    return reason_mapping(reason) if reason is not None else None


def _decoded(table: dict[str, Any] | None) -> Reason | None:
    return reason_from(table) if table is not None else None


def extract_page(message: Any, context: SourceContext) -> PageExtraction:
    """Return the extraction of an unframed request. Never raises: a mistake of ours must cost one page, not a crawl."""
    response = Response(**message["response"])
    try:
        result = extract_document(
            serialization.entry_from(json.loads(message["entry"])), message["url"], context.source, response
        )
    except Exception as error:
        reason = Reason("extraction-error", f"{type(error).__name__}: {error}")
        return PageExtraction(ExtractionResult(None, reason), None, reason)
    packed = responses.pack(response.body, context.dictionary) if context.dictionary is not None else None
    return PageExtraction(result, packed)


def serve() -> None:
    """Answer requests until the pipe is closed."""
    requests_stream, replies_stream = own_streams()
    os.nice(NICE)
    _limit_memory()
    requests: SimpleQueue[Any] = SimpleQueue()
    replies: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read_requests, args=(requests_stream, requests), daemon=True).start()
    Thread(target=_write_replies, args=(replies_stream, replies), daemon=True).start()
    context = SourceContext(Source(""), None)
    while True:
        message = requests.get()
        if message["context"] is not None:
            source, dictionary = message["context"]
            context = SourceContext(Source(**source), dictionary)
        signal.setitimer(signal.ITIMER_PROF, MAX_PAGE_CPU_SECONDS)  # ends the process, whatever library it is in
        replies.put(_answer(message, context))
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory() -> None:
    """Limit the memory of this process, so that a huge page fails alone."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not every system has such limits, or allows to set them
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data now: libraries reserve some for each core
        limit, (_, hard) = pages * resource.getpagesize() + MAX_PAGE_BYTES_OF_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _answer(message: Any, context: SourceContext) -> bytes:
    if "pages" not in message:
        return encode_reply(extract_page(message, context))
    pages = [(serialization.entry_from(json.loads(entry)), Response(**response)) for entry, response in message["pages"]]
    try:
        return framed(dataclasses.asdict(learn(context.source, pages)))
    except Exception:  # a mistake of ours must not end the crawl: nothing is learned
        return framed(dataclasses.asdict(LearnedSite("", 0)))
    finally:
        _return_free_memory()


def _return_free_memory() -> None:
    """Return to the system what the trees of many pages have taken: glibc keeps some 10 MB of it, in each worker."""
    with contextlib.suppress(AttributeError, OSError):  # other libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)


def _read_requests(stream: IO[bytes], requests: SimpleQueue[Any]) -> None:
    """Read ahead: a pipe alone holds two pages. At its end the parent no longer waits for the pages that are left."""
    with contextlib.suppress(EOFError):
        while True:
            requests.put(receive(stream))
    os._exit(0)


def _write_replies(stream: IO[bytes], replies: SimpleQueue[bytes]) -> None:
    """Hold replies until the parent reads them: a pipe holds six, and the parent stores up to two hundred in one go."""
    with contextlib.suppress(OSError):  # the parent has ended
        while True:
            stream.write(replies.get())
            stream.flush()
