"""Damage files as failing disks, full volumes and careless hands do."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path


def flip_a_bit(file: Path, dice: random.Random) -> str:
    data = bytearray(file.read_bytes())
    place = dice.randrange(len(data))
    data[place] ^= 1 << dice.randrange(8)
    file.write_bytes(data)
    return f"one bit of byte {place} flipped"


def change_a_letter(file: Path, dice: random.Random) -> str:
    data = bytearray(file.read_bytes())
    letters = [place for place in dice.sample(range(len(data)), min(len(data), 2_000)) if 97 <= data[place] <= 122]
    if not letters:
        return flip_a_bit(file, dice)
    data[letters[0]] = 97 + (data[letters[0]] - 96) % 26
    file.write_bytes(data)
    return f"the letter at byte {letters[0]} changed"


def zero_a_block(file: Path, dice: random.Random) -> str:
    data = bytearray(file.read_bytes())
    place = dice.randrange(0, len(data), 4096)
    size = min(4096, len(data) - place)
    data[place : place + size] = bytes(size)
    file.write_bytes(data)
    return f"{size} bytes from {place} on zeroed"


def cut(file: Path, dice: random.Random) -> str:
    size = dice.randrange(file.stat().st_size)
    file.write_bytes(file.read_bytes()[:size])
    return f"cut to {size} bytes"


def empty(file: Path, dice: random.Random) -> str:
    file.write_bytes(b"")
    return "emptied"


def delete(file: Path, dice: random.Random) -> str:
    file.unlink()
    return "deleted"


KINDS: tuple[Callable[[Path, random.Random], str], ...] = (flip_a_bit, change_a_letter, zero_a_block, cut, empty, delete)


def damage(folder: Path, dice: random.Random) -> str:
    """Damage one file of a folder, and return what was done to which. Empty files are locks and hold nothing."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    file = dice.choice(files)
    return f"{file.relative_to(folder)}: {dice.choice(KINDS)(file, dice)}"
