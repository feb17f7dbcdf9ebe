"""Establish who sends a request and to which address, before anything else reads it.

trusted proxies -> client address, scheme, host, prefix -> is the host admitted? -> is the client on this machine?
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import Flask

from webui.allowed_hosts import Admission, AllowedHosts, host_name, is_loopback_name
from webui.app_state import AppState
from webui.forwarded_headers import TrustedProxies, is_loopback
from webui.json_provider import to_bytes
from webui.request_context import HOST_IS_KNOWN, IS_LOCAL

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MISDIRECTED: Final = "421 Misdirected Request"


def install(app: Flask, *, loopback_only: bool) -> GatewayMiddleware:
    """Wrap an application. Raises SettingsError."""
    gateway = GatewayMiddleware(app.wsgi_app, app.extensions["feed_search"], loopback_only=loopback_only)
    app.wsgi_app = gateway  # type: ignore[method-assign]  # Flask documents this assignment
    return gateway


class GatewayMiddleware:
    """Corrects the environ of each request, and refuses hosts that are not admitted."""

    def __init__(self, application: WSGIApplication, state: AppState, *, loopback_only: bool) -> None:
        """Raises SettingsError on a wrong `trusted_proxies`."""
        web = state.settings.web
        self._application, self._state = application, state
        self._proxies = TrustedProxies(web.trusted_proxies)
        self._hosts = AllowedHosts(web.base_url, web.allowed_hosts, loopback_only=loopback_only)
        self._prefix = urlsplit(web.base_url).path.rstrip("/")
        self._warned = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if IS_LOCAL not in environ:
            self.prepare(environ)
        host, is_local = environ.get("HTTP_HOST", ""), is_loopback(environ.get("REMOTE_ADDR") or "")
        admission = self._hosts.check(host, is_local)
        if admission is Admission.REFUSED:
            return self._refuse(host, start_response)
        environ[HOST_IS_KNOWN] = admission is Admission.BY_NAME
        return self._application(environ, start_response)

    def prepare(self, environ: WSGIEnvironment) -> None:
        """Set client address, scheme, host and prefix, and whether the client is the operator at this machine."""
        peer = environ.get("REMOTE_ADDR") or ""
        has_no_foreign_fields = self._proxies.passes_fields_of(environ)
        self._proxies.apply(environ)
        client = environ.get("REMOTE_ADDR") or ""
        if self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            path = environ.get("PATH_INFO", "")
            if path == self._prefix or path.startswith(self._prefix + "/"):
                environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        # A proxy on this machine that trusted_proxies does not name must not turn its visitors into the operator.
        # One that adds no field at all, as nginx does by default, is known by its HTTP/1.0.
        is_direct = (
            client == peer
            and has_no_foreign_fields
            and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
            and is_loopback_name(host_name(environ.get("HTTP_HOST", "localhost")))
        )
        environ[IS_LOCAL] = is_loopback(client) and (is_direct or client != peer)
        if not has_no_foreign_fields and not self._warned:
            self._warned = True
            text = "%s forwards requests but web.trusted_proxies does not name it: its visitors are counted as one client"
            logging.getLogger(__name__).warning(text, peer)

    def _refuse(self, host: str, start_response: StartResponse) -> Iterable[bytes]:
        self._state.metrics.count_response(None, 421)
        detail = f"This server does not answer to {host[:100]!r}. The operator can admit it with web.allowed_hosts."
        problem = {"type": "about:blank", "title": "Misdirected request", "status": 421, "detail": detail}
        body = to_bytes(problem)
        start_response(_MISDIRECTED, [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))])
        return [body]
