"""Translate the exceptions that damaged files cause into one error, `IndexDamaged`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from indexer.errors import EngineError, IndexDamaged, IndexerError, IndexFull, is_disk_full

_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextmanager
def translate_damage(folder: Path) -> Iterator[None]:
    """Raise IndexDamaged instead of any exception that is not ours.

    Reading damaged files raises nearly every kind: struct.error, UnpicklingError, IndexError.
    """
    try:
        yield
    except IndexerError:
        raise
    except Exception as error:
        raise _damage_error(folder, error) from error


def translates_damage(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same for a method of somebody who reads a folder (a decorator, as it costs nothing where all is well)."""

    @wraps(method)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except IndexerError:
            raise
        except Exception as error:
            reader: Any = args[0]
            raise _damage_error(reader.folder, error) from error

    return guarded


@contextmanager
def translate_full_disk(what: Path) -> Iterator[None]:
    """Raise IndexFull or EngineError instead of OSError. A full disk is not damage: the last commit is intact."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise IndexFull(f"the index in {what} cannot be written: disk full") from error
        raise EngineError(
            f"the index in {what} cannot be written: {error}", remedy="see to space and permissions, then run the command again"
        ) from error


def _damage_error(folder: Path, error: Exception) -> EngineError:
    if is_disk_full(error):
        return IndexFull(f"the index in {folder} cannot be written: disk full")
    return IndexDamaged(f"the index in {folder} cannot be read: {type(error).__name__}: {error}")
