"""Hold cookies in memory while a crawl runs: some sites redirect in circles until they get their own cookie back.

The rules are those of the standard library's jar. In addition, only the site of the requested page may set a cookie and gets it
back, not the sites that a redirect leads through; and each site gets few of them.
"""

from __future__ import annotations

from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit
from urllib.request import Request as StandardRequest

MAX_SITES = 1_000  # a crawl of more sites than that forgets the cookies of all and goes on
MAX_COOKIES = 30  # of one site
MAX_COOKIE_CHARACTERS = 4_096  # RFC 6265, 6.1


class Cookies:
    """One crawl's cookies. `header` and `store` do nothing on other sites than that of the requested page."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def header(self, url: str, requested: str) -> str:
        """Return the Cookie header for an address that the request for `requested` led to; "" when there is none."""
        jar = self._jars.get(_site(url)) if self._jars else None
        if jar is None or _site(url) != _site(requested):
            return ""
        request = StandardRequest(url)  # noqa: S310  # nothing is opened: the jar wants an address in this form
        jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def store(self, lines: str, url: str, requested: str) -> None:
        """Store the Set-Cookie headers (one a line) of an answer."""
        if _site(url) != _site(requested):
            return
        message = Message()
        for line in lines.split("\n")[:MAX_COOKIES]:
            if len(line) <= MAX_COOKIE_CHARACTERS and line.isprintable() and "=" in line.partition(";")[0]:
                message["Set-Cookie"] = line
        if len(self._jars) >= MAX_SITES:
            self._jars.clear()
        policy = DefaultCookiePolicy(hide_cookie2=True, strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        jar = self._jars.setdefault(_site(url), CookieJar(policy))
        request = StandardRequest(url)  # noqa: S310  # as above
        jar.extract_cookies(_CookieResponse(message), request)  # type: ignore[arg-type]  # the jar calls info() only
        if len(jar) > MAX_COOKIES:
            jar.clear()


class _CookieResponse:
    """The part of a response that the standard library's jar reads."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
