"""Name the keys of the WSGI environ under which the middleware leaves values for the application."""

from __future__ import annotations

from typing import Final

IS_LOCAL: Final = "feed_search.is_local"  # the client is on this machine, without a proxy that may hide another
HOST_IS_KNOWN: Final = "feed_search.host_is_known"  # the Host is admitted by name, so links may contain it
CACHED_RESPONSE: Final = "feed_search.cached_response"  # that the server has looked up before the call
CLIENT_HAS_LEFT: Final = "feed_search.client_has_left"  # a function that returns whether the client has closed the connection
SEARCH_ERROR: Final = "feed_search.search_error"  # the error of a search before Flask, which Flask answers
IN_EVENT_LOOP: Final = "feed_search.in_event_loop"  # the thread of the event loop runs the request, so it must be brief
REFUSAL: Final = "feed_search.refusal"  # the status with which the server itself refuses a request
SECONDS_TO_WAIT: Final = "feed_search.seconds_to_wait"  # of a client over its limit; counting it again would count twice
