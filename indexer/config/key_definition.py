"""Define a key of the settings: its default, its limits, and when a changed value takes effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

# When a changed value counts: in the running server, when the next crawl begins, when the server starts again (which
# `feed-search serve` does by itself), or with the next `indexer reindex`.
Effect = Literal["at once", "next crawl", "restart", "reindex"]
_EFFECTS: Final[dict[str, Effect]] = {
    "crawl": "next crawl",
    "curation": "at once",
    "web": "at once",
}  # by section, else "restart"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting, with its default and its limits."""

    section: str
    name: str
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""  # of a text, or of each text of a list
    secret: bool = False  # no message shows the value
    example: str = '["https://www.example.org"]'  # of a list of strings
    effect: Effect | None = None  # when it takes effect, if not as the other keys of its section

    @property
    def takes_effect(self) -> Effect:
        """Return when a changed value takes effect."""
        return self.effect or _EFFECTS.get(self.section, "restart")

    @property
    def variable(self) -> str:
        return f"INDEXER_{self.section}_{self.name}".upper()

    @property
    def allowed(self) -> str:
        """Describe the allowed values, for the template and for messages."""
        if self.choices:
            return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
        match self.default:
            case bool():
                return "true or false"
            case int() | float():
                low = 0 if self.minimum is None else self.minimum
                kind = "a whole number" if isinstance(self.default, int) else "a number"
                return f"{kind} from {low:.15g}" + (f" to {self.maximum:.15g}" if self.maximum is not None else " upwards")
            case (int(), *_):
                return f"a list of whole numbers from {self.minimum:g} to {self.maximum:g}, such as {list(self.default)}"
            case tuple():
                addresses = "a list of web addresses without a user" if self.name == "urls" else "a list of strings"
                return f"{addresses}, such as {self.example}"
        if self.name == "timezone":
            return 'an IANA time zone, such as "Europe/Vienna"'
        if self.name == "base_url":
            return 'a web address, such as "https://search.example.org"'
        if self.name == "access_log":
            return 'a path in the data folder, an absolute path, or "-"'
        if self.pattern:
            return f"a string that matches {self.pattern}"
        return "a string in quotation marks"
