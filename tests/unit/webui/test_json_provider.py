"""Everything that `json` can write is answered."""

from __future__ import annotations

import json

import pytest

from webui.json_provider import to_bytes


@pytest.mark.parametrize("value", [{"ä": ["ß", 7.0, None, True]}, {"half": "\ud800"}, {"many": 2**70}, [], ("a", 1)])
def test_json_as_bytes_reads_back_as_it_was(value: object) -> None:
    assert json.loads(to_bytes(value)) == json.loads(json.dumps(value))


def test_letters_stay_letters() -> None:
    assert to_bytes({"q": "Zürich"}) == '{"q":"Zürich"}\n'.encode()
