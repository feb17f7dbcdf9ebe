"""Regular expressions that are compiled when they are first used.

Those with the letters of whole scripts take 2 to 10 ms each, those with many words one or two. A command that handles only ASCII,
or a query of a word, does not need them.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Takes each method from the compiled pattern when it is first used."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern, self._flags = pattern, flags
        self._compiled: re.Pattern[str] | None = None

    def __getattr__(self, name: str) -> Any:
        if self._compiled is None:
            self._compiled = re.compile(self._pattern, self._flags)
        method = getattr(self._compiled, name)
        self.__dict__[name] = method
        return method


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled with its first use."""
    return cast("re.Pattern[str]", _Later(pattern, flags))
