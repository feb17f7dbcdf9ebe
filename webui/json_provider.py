"""JSON as bytes. The one door to orjson: a page of ten hits takes it 4 µs where `json` takes 62."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

# numpy's numbers, should an engine ever let one slip, are numbers
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


def to_bytes(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:  # half a surrogate pair, a number of more than 64 bits: `json` writes what orjson refuses
        return json.dumps(value).encode() + b"\n"


class FastJSON(JSONProvider):
    """What `jsonify` uses."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return to_bytes(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return Response(to_bytes(self._prepare_response_obj(args, kwargs)), content_type="application/json")
