"""Regular expressions that are compiled when they are first used: those with whole scripts in them take 2 to 10 ms each, which a
command that only sees ASCII need not wait for."""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Its methods are those of the compiled pattern, put here the first time they are asked for."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._compiled: re.Pattern[str] | None = None

    def __getattr__(self, name: str) -> Any:
        if self._compiled is None:
            self._compiled = re.compile(self._pattern)
        method = getattr(self._compiled, name)
        self.__dict__[name] = method
        return method


def later(pattern: str) -> re.Pattern[str]:
    return cast("re.Pattern[str]", _Later(pattern))
