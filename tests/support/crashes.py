"""Kill the program at any effect: before or after the nth call of a function. Nothing catches a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Killer:
    """Kills at the nth call of what it wraps, before or after it. `last_words` runs just before the kill."""

    def __init__(self, nth: int = 1, *, after: bool, last_words: Callable[[], object] = lambda: None) -> None:
        self.nth, self.after, self.last_words = nth, after, last_words
        self.calls = self.kills = 0

    def wrapped(self, real: Callable[..., object]) -> Callable[..., object]:
        def instead(*args: object, **kwargs: object) -> object:
            self.calls += 1
            mine = self.calls == self.nth
            if mine and not self.after:
                self.kill()
            result = real(*args, **kwargs)
            if mine:
                self.kill()
            return result

        return instead

    def kill(self) -> None:
        self.kills += 1
        self.last_words()
        raise Killed


@contextmanager
def killed_at(
    owner: object, name: str, nth: int = 1, *, after: bool, last_words: Callable[[], object] = lambda: None
) -> Iterator[Killer]:
    """Run the body until the nth call of `owner.name`. `kills` of the result says whether it came to that."""
    killer = Killer(nth, after=after, last_words=last_words)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, name, killer.wrapped(getattr(owner, name)))
        try:
            yield killer
        except Killed:
            assert killer.kills
