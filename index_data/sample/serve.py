"""Serve the sample newsroom on loopback: `python serve.py --port 0` prints its address as the first line.

It behaves as real servers do: ETag and 304, gzip, robots.txt, one page gone (410), one moved (301). `--check` compares
manifest.json with the content, `--manifest` prints a new one.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pages

# Phrases that stand on a page but not in the feed, and words that stand around articles only.
PAGE_ONLY = {
    "night-ferry-returns": "brass button",
    "oyster-nursery-opens": "whisker brigade",
    "library-boat-timetable": "gangplank review",
    "seed-archive": "pencil shavings",
    "school-weather-station": "bun thermometer",
    "lost-and-found-auction": "sealed letter",
    "nachtfaehre-faehrt-wieder": "Witzbuch",
    "austern-im-trockendock": "Grießklößchensuppe",
    "hafenmauer-wird-saniert": "beleidigt abbindet",
    "buecherboot-neue-anleger": "Plankenrezension",
    "zuercher-delegation-besucht-orrin": "Kuckucksuhr",
    "retour-du-bac-de-nuit": "corne de valse",
    "pepiniere-d-huitres": "brigade des moustaches",
    "pont-des-herons": "inspecteur des arches",
}
BOILERPLATE = ["vacancies", "procurement", "councillors", "pamphlets", "cookies", "advertising", "newsletter", "enrol", "imprint",
               "privacy", "accessibility", "mastodon", "weathercock", "keel", "clerk"]  # fmt: skip
ALSO_IN_ATOM = ("night-ferry-returns", "tide-mill-first-year", "estuary-observatory-data")


class Handler(BaseHTTPRequestHandler):
    """Answers from the items alone; keeps no state."""

    protocol_version = "HTTP/1.1"
    items = pages.load()

    def do_GET(self) -> None:
        root = f"http://{self.headers.get('Host') or 'localhost'}"
        path = self.path.partition("?")[0]
        found = self._found(path, root)
        if isinstance(found, int):
            text = pages.page("en", f"Error {found}", f"<main><h1>{found}</h1></main>")
            return self._send(found, "text/html; charset=utf-8", text)
        kind, text = found
        if kind == "location":
            return self._send(301, "text/html; charset=utf-8", "", {"Location": root + text})
        return self._send(200, kind, text)

    do_HEAD = do_GET

    def _found(self, path: str, root: str) -> tuple[str, str] | int:
        """Content type and text; a status where there is none."""
        markup = "text/html; charset=utf-8"
        live = [item for item in self.items if not item.gone]
        for item in self.items:
            if path in (item.path, item.place):
                if item.gone:
                    return 410
                return ("location", item.place) if path != item.place else (markup, pages.article(item, live, root))
        if path == "/":
            return markup, pages.listing("en", "The Orrin Gazette", live)
        if path in ("/en/", "/de/", "/fr/"):
            language = path.strip("/")
            return markup, pages.listing(language, pages.SITE[language], [i for i in live if i.language == language])
        topic = [item for item in live if pages.topic_path(item) == path]
        if topic:
            return markup, pages.listing(topic[0].language, topic[0].category, topic)
        if path == "/rss.xml":
            return "application/rss+xml; charset=utf-8", pages.rss([i for i in self.items if i.language != "de"], root)
        if path == "/atom.xml":
            chosen = [i for i in self.items if i.language == "de" or i.slug in ALSO_IN_ATOM]
            return "application/atom+xml; charset=utf-8", pages.atom(chosen, root)
        if path == "/robots.txt":
            return "text/plain; charset=utf-8", "User-agent: *\nDisallow: /drafts/\n"
        file = {"/site.css": "text/css; charset=utf-8"}.get(path) or ("image/svg+xml" if path.startswith("/img/") else "")
        target = (pages.HERE / path.lstrip("/")).resolve()
        if file and target.is_file() and pages.HERE in target.parents:
            return file, target.read_text("utf-8")
        return 404

    def _send(self, status: int, kind: str, text: str, more: dict[str, str] | None = None) -> None:
        body = text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"Content-Type": kind, "Vary": "Accept-Encoding", **(more or {})}
        if status == 200:
            headers["ETag"] = etag
            if self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the terminal belongs to the demo."""


def manifest() -> dict[str, object]:
    items = Handler.items
    return {
        "items": [{"path": i.path, "title": i.title, "language": i.language, "date": i.date.isoformat()} for i in items],
        "page_only": [{"phrase": PAGE_ONLY[i.slug], "path": i.path} for i in items if i.slug in PAGE_ONLY],
        "boilerplate": BOILERPLATE,
        "gone": next(i.path for i in items if i.gone),
        "moved": next({"from": i.path, "to": i.place} for i in items if i.moved),
    }


def check() -> list[str]:
    """What is wrong with content and manifest, one line each."""
    problems = []
    if json.loads((pages.HERE / "manifest.json").read_text("utf-8")) != manifest():
        problems.append("manifest.json is old: python serve.py --manifest > manifest.json")
    for item in Handler.items:
        words = " ".join((item.title, item.lead, *item.paragraphs)).casefold()
        problems += [f"{item.slug}: {word!r} is boilerplate" for word in BOILERPLATE if word in words]
        phrase = PAGE_ONLY.get(item.slug, "")
        if phrase and (phrase.casefold() not in words or phrase in pages.feed_html(item)):
            problems.append(f"{item.slug}: {phrase!r} must stand on the page only")
        if item.image and not (pages.HERE / "img" / f"{item.image}.svg").is_file():
            problems.append(f"{item.slug}: no image {item.image}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description="Serve the sample newsroom.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 for any free one")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--manifest", action="store_true")
    options = parser.parse_args()
    if options.manifest:
        print(json.dumps(manifest(), indent=1, ensure_ascii=False))
        return 0
    if options.check:
        problems = check()
        print("\n".join(problems) or "content and manifest agree")
        return 1 if problems else 0
    server = ThreadingHTTPServer((options.host, options.port), Handler)
    print(f"http://{options.host}:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
