"""Compare what a command prints with `--json` with the documented schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "reference" / "json-output.schema.json").read_text("utf-8"))


def check_output(command: str, value: object) -> None:
    """Fail if this is not the documented output of a command."""
    jsonschema.validate(value, SCHEMA | {"$ref": f"#/$defs/{command}"})
