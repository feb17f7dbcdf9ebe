"""Decide who is the operator: a client on this machine, or one that has the admin token.

The token comes as `Authorization: Bearer TOKEN`, or from the sign-in form of the status page as a cookie. The cookie holds an
expiry time and its HMAC under the token, never the token itself. No state is kept, so any process of a server accepts it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final

from flask import Request, Response

from webui.app_state import app_state
from webui.environ_keys import IS_LOCAL
from webui.rate_limits import client_limits

COOKIE: Final = "feed_search_operator"
COOKIE_SECONDS: Final = 12 * 3600
_SCHEME: Final = "bearer "


def is_operator(request: Request) -> bool:
    """Return whether the operator sends a request.

    A page of another site can make the operator's browser send requests with its cookie and its address. Their answers must
    not reach that page, so only the token admits them. A link that the operator follows is a navigation, and is admitted.
    """
    token = app_state().settings.web.admin_token
    authorization = request.headers.get("Authorization", "")
    if token and authorization[: len(_SCHEME)].lower() == _SCHEME and _is_bearer(request, authorization[len(_SCHEME) :].strip()):
        return True
    if app_state().is_cross_site(request) and request.headers.get("Sec-Fetch-Mode") != "navigate":
        return False
    return bool(request.environ.get(IS_LOCAL)) or (bool(token) and _is_signed_in(request, token))


def _is_bearer(request: Request, text: str) -> bool:
    """Test the token of a program. A client may send as many wrong ones as to the sign-in form."""
    limit, client = client_limits().sign_ins, request.remote_addr or ""
    if limit.is_used_up(client):
        return False
    if is_token(_as_sent(text)):
        return True
    limit.seconds_to_wait(client)  # count it
    return False


def _as_sent(text: str) -> str:
    """Return the text of a header field, which WSGI decodes as Latin-1. Most programs send UTF-8, some Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def is_token(text: str) -> bool:
    """Compare a text with the admin token, in a time that does not depend on the text."""
    token = app_state().settings.web.admin_token
    return bool(token) and hmac.compare_digest(_digest(text), _digest(token))


def sign_in(response: Response, request: Request) -> None:
    """Set the cookie of the operator."""
    expires = str(int(time.time()) + COOKIE_SECONDS)
    value = f"{expires}.{_signature(expires, app_state().settings.web.admin_token)}"
    path = f"{request.script_root}/"
    response.set_cookie(
        COOKIE, value, max_age=COOKIE_SECONDS, path=path, secure=request.is_secure, httponly=True, samesite="Strict"
    )


def sign_out(response: Response, request: Request) -> None:
    """Delete the cookie of the operator."""
    response.delete_cookie(COOKIE, path=f"{request.script_root}/", secure=request.is_secure, httponly=True, samesite="Strict")


def _is_signed_in(request: Request, token: str) -> bool:
    expires, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        return False
    return (
        hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(expires, token).encode())
        and int(expires) > time.time()
    )


def _signature(expires: str, token: str) -> str:
    return hmac.new(token.encode(), f"feed-search operator until {expires}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
