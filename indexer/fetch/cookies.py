"""Cookies for as long as a crawl runs, in memory: some sites redirect in circles until they see their own cookie again.

The rules are those of the standard library's jar. Ours on top: a cookie is set by and sent to the site of the page that
was asked for, not those that a redirect leads through; and a site gets few of them.
"""

from __future__ import annotations

from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit
from urllib.request import Request as StandardRequest

MAX_SITES = 1_000  # a crawl of more sites than that forgets the cookies of all and goes on
MAX_COOKIES = 30  # of one site
MAX_COOKIE = 4_096  # characters (RFC 6265, 6.1)


class Cookies:
    """One crawl's cookies. `header` and `keep` say nothing and do nothing where the page's own site is left."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def header(self, url: str, asked: str) -> str:
        """The Cookie header for an address on the way from the address `asked` for; "" when there is none to send."""
        jar = self._jars.get(_site(url)) if self._jars else None
        if jar is None or _site(url) != _site(asked):
            return ""
        request = StandardRequest(url)  # noqa: S310  # nothing is opened: it is the jar's view of an address
        jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def keep(self, lines: str, url: str, asked: str) -> None:
        """Take the Set-Cookie headers (one a line) of an answer."""
        if _site(url) != _site(asked):
            return
        message = Message()
        for line in lines.split("\n")[:MAX_COOKIES]:
            if len(line) <= MAX_COOKIE and line.isprintable() and "=" in line.partition(";")[0]:
                message["Set-Cookie"] = line
        if len(self._jars) >= MAX_SITES:
            self._jars.clear()
        policy = DefaultCookiePolicy(hide_cookie2=True, strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        jar = self._jars.setdefault(_site(url), CookieJar(policy))
        request = StandardRequest(url)  # noqa: S310  # as above
        jar.extract_cookies(_Answer(message), request)  # type: ignore[arg-type]  # it asks for info() alone
        if len(jar) > MAX_COOKIES:
            jar.clear()


class _Answer:
    """As much of a response as the standard library's jar looks at."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
