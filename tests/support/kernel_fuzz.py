"""Run the kernel of the engine on damaged arrays: `python -m support.kernel_fuzz MODULE FOLDER TRIALS SEED`.

The sanitizers are preloaded.

Each trial copies the arrays of an index, flips bytes, shortens some of them, and asks for everything that the kernel computes. An
answer or a ValueError is fine, and so is the error of a compressed document. The sanitizers end the process at any other access.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import zstandard

NAME = "indexer.engines.whoosh.snapshot._kernel"


def load(path: str) -> None:
    """Let the engine use this build of the kernel."""
    import indexer.engines.whoosh.snapshot as package

    loader = ExtensionFileLoader(NAME, path)
    spec = importlib.util.spec_from_loader(NAME, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[NAME] = module
    package._kernel = module  # type: ignore[attr-defined]  # as an import would set it


def damaged(array: Any, chance: random.Random, *, may_shorten: bool) -> Any:
    """Return a copy with some bytes flipped, or a shorter one."""
    import numpy as np

    copy = np.array(array)
    data = copy.view("u1").reshape(-1)
    for _ in range(chance.choice((1, 2, 8, 40)) if data.size else 0):
        data[chance.randrange(data.size)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return copy[: chance.randrange(copy.size + 1)].copy() if may_shorten and copy.size and chance.random() < 0.1 else copy


def damaged_snapshot(snapshot: Any, chance: random.Random) -> Any:
    """Return what the kernel needs of a snapshot, with damage in some arrays."""
    import numpy as np

    rate = chance.choice((0.05, 0.3, 1.0))

    def maybe(array: Any, *, may_shorten: bool = True) -> Any:
        if array is None:
            return None
        return damaged(array, chance, may_shorten=may_shorten) if chance.random() < rate else np.array(array)

    segments = [
        SimpleNamespace(
            size=segment.size,
            arrays={name: maybe(array) for name, array in segment.arrays.items()},
            position_counts=maybe(segment.position_counts),
        )
        for segment in snapshot.segments
    ]
    return SimpleNamespace(
        segments=segments,
        saturations=snapshot.saturations,
        recode=[maybe(array) for array in snapshot.recode],
        count_table=maybe(snapshot.count_table, may_shorten=False),
        body_codes=chance.choice((snapshot.body_codes, 0, 1 << 40)),
        living=maybe(snapshot.living.view("u1"), may_shorten=False),
        any_deleted=chance.random() < 0.7,
        size=snapshot.size,
        scale=snapshot.scale,
        weights=snapshot.weights,
        norms=maybe(snapshot.norms, may_shorten=False),
        recency=maybe(snapshot.recency, may_shorten=False),
        field_starts=maybe(snapshot.field_starts, may_shorten=False),
    )


def merged(chance: random.Random) -> tuple[Any, ...]:
    """Return a list that was merged of several terms: starts, documents and saturations."""
    import numpy as np

    count = chance.randrange(300)
    starts = sorted(chance.choice((0, count, chance.randrange(count + 2))) for _ in range(chance.randrange(12)))
    documents = np.array(sorted(chance.choice((chance.randrange(6_000), 65_535)) for _ in range(count)), "u2")
    return np.array(starts, "i8"), documents, np.ones(count + (chance.random() < 0.05), "f4")


def row(count: int, chance: random.Random) -> int:
    """Return a row of a dictionary with so many words, sometimes one that it does not have."""
    if chance.random() < 0.1:
        return chance.choice((-1, count, count * 3, 1 << 50))
    return chance.randrange(max(count, 1))


def condition(size: int, chance: random.Random) -> tuple[Any, ...]:
    """Return what documents must fulfil, sometimes for too few documents or with too small a table."""
    import numpy as np

    values = np.frombuffer(chance.randbytes(8 * size), chance.choice(("u1", "u2", "u4", "i8")))[: size - (chance.random() < 0.05)]
    table = np.frombuffer(chance.randbytes(chance.choice((1, 256, 60_000))), "u1")
    bounds = chance.choice((0, 1, 100)), chance.choice((1, 200, 1 << 60))
    return values, *bounds, chance.choice((None, table)), chance.random() < 0.5


def facet(chance: random.Random) -> None:
    """Count the values of a facet whose arrays do not fit together."""
    import numpy as np

    from indexer.engines.whoosh.snapshot import _kernel
    from indexer.model import FacetValue

    def numbers(count: int, most: int, kind: str) -> Any:
        return np.array(
            [chance.randrange(-1 if kind == "i8" and chance.random() < 0.02 else 0, most) for _ in range(count)], kind
        )

    documents, more = (chance.choice((None, numbers(20, 55, "i8"))) for _ in range(2))
    starts = chance.choice((np.arange(12), np.sort(numbers(12, 40, "i8")), numbers(12, 40, "i8")))
    values = [str(i) for i in range(chance.choice((8, 9, 0)))]
    ordinals = numbers(50, 12, chance.choice(("u1", "u2", "u4", "i8")))
    column = (values, ordinals, starts, numbers(30, 9, "i8")), more
    sound = (["a"], np.zeros(60, "u1"), np.arange(2), np.zeros(1, "i8")), None
    _kernel.most_frequent(FacetValue, ("value", "count"), chance.choice(((column,), (sound, column), ())), documents, 5)


def near(snapshot: Any, chance: random.Random) -> None:
    """Look for word forms in damaged arrays."""
    import numpy as np

    from indexer.engines.whoosh.snapshot import _kernel

    segment = chance.choice(snapshot.segments)
    text, ends = (damaged(array, chance, may_shorten=True) for array in segment.surfaces.text_and_ends)
    form, distance = chance.choice(("word1", "amber", "ambér", "a" * 64, "")), chance.randrange(4)
    least, most = chance.choice((0, 3)), chance.choice((0, 20_000))
    forms = [damaged(array, chance, may_shorten=True) for array in segment.form_signatures]
    _kernel.near(text, ends.astype("i8"), *forms, form, distance, least, most, 50)
    rows, letters, *others = segment.form_signatures
    any_letters = np.full(len(letters), chance.randrange(1 << 32), "u4")
    _kernel.near(np.array(text), ends.astype("i8"), rows, any_letters, *others, "word1", 3, 0, 20_000, 5)


def stored(snapshot: Any, chance: random.Random) -> None:
    """Read stored documents whose ends are damaged."""
    from indexer.engines.whoosh.snapshot.kernel import document_reader

    places = []
    for segment in snapshot.segments:
        file, offset, size, ends = segment.stored_place
        places.append((file, offset, chance.choice((size, size, 0, 100)), damaged(ends, chance, may_shorten=True)))
    reader = document_reader(tuple(places))
    assert reader is not None
    numbers = [chance.choice((-1, snapshot.size, chance.randrange(snapshot.size))) for _ in range(chance.randrange(4))]
    if chance.random() < 0.5:
        reader.documents(numbers)
    else:
        reader.matches(numbers, [chance.random() for _ in numbers])


def look_up(kernel: Any, chance: random.Random) -> None:
    """Look for words in damaged dictionaries, with the forms of terms."""
    kernel.look_up("amber", chance.choice((("en/amber",), ("en/amber", "de/amber"), ("zz", chr(chance.randrange(0xD800))), ())))
    for word in ("", "en/amber", "amber", "word1", "zz", chance.randbytes(3).decode("latin-1"), chr(chance.randrange(0x110000))):
        (kernel.find_surface if chance.random() < 0.5 else kernel.find_term)(word)


def planned(arguments: tuple[Any, ...], chance: random.Random) -> Any:
    """Return the plan of a word."""
    from indexer.engines.whoosh.search.kernel_queries import PlannedWord

    unit, own, *_ = arguments
    return PlannedWord(None, chance.randrange(3), chance.random(), unit, chance.random(), own, arguments, False, None)  # type: ignore[arg-type]  # its node is not read


def rows_of(snapshot: Any, dictionary: str, chance: random.Random) -> tuple[int, ...]:
    """Return rows of a word in each segment, some of which are not there."""
    return tuple(row(getattr(segment, dictionary).count, chance) for segment in snapshot.segments)


def word(snapshot: Any, chance: random.Random) -> tuple[Any, ...]:
    """Return a word as the kernel takes it."""
    own = rows_of(snapshot, "terms", chance)
    starts = tuple(
        -1 if stored is None or row < 0 else chance.choice((stored.starts.get(row, -1), stored.starts.get(row, -1), -1, 7))
        for stored, row in zip(snapshot.saturations, own, strict=True)
    )
    forms = tuple((0.5, rows_of(snapshot, "surfaces", chance)) for _ in range(chance.randrange(3)))
    return (chance.random(), own, starts, forms, merged(chance) if chance.random() < 0.2 else None)


def ask_everything(kernel: Any, snapshot: Any, chance: random.Random) -> int:
    """Ask for what the kernel computes, and return how often it refused."""
    import numpy as np

    def rows(dictionary: str) -> tuple[int, ...]:
        return rows_of(snapshot, dictionary, chance)

    words = tuple(word(snapshot, chance) for _ in range(chance.randrange(1, 6)))
    documents = np.array(sorted(chance.sample(range(snapshot.size), min(snapshot.size, 50))), "i8")
    empty = (b"",) * len(snapshot.segments)
    wrong = tuple(chance.randbytes(4 * chance.randrange(20)) for _ in snapshot.segments)
    words_of_phrase = [(gap, rows("terms")) for gap in range(chance.randrange(1, 4))]

    def best(**wanted: Any) -> Any:
        conditions = tuple(condition(snapshot.size, chance) for _ in range(chance.randrange(3)))
        wanted |= {
            "count": chance.choice((0, 1, 10, 1000)),
            "wants_all": chance.random() < 0.5,
            "wants_total": chance.random() < 0.5,
        }
        return kernel.best(words, conditions=conditions, **wanted)

    def places(skips: Any) -> tuple[Any, ...]:
        return tuple((gap, own, skips) for gap, own in words_of_phrase)

    slop = chance.choice((0, 0, 5))

    questions = (
        lambda: kernel.conjunction(words, wants_columns=chance.random() < 0.5),
        lambda: kernel.conjunction(words[:1], wants_columns=True),
        lambda: best(is_any=True, phrase=()),
        lambda: best(is_any=False, phrase=()),
        lambda: best(is_any=False, phrase=(places(empty), slop, 0.5, 0.9, chance.randrange(len(words)))),
        lambda: best(is_any=False, phrase=(places(wrong), slop, 0.5, 0.0, -1)),
        lambda: kernel.first_page(
            tuple(planned(each, chance) for each in words),
            tuple(condition(snapshot.size, chance) for _ in range(chance.randrange(3))),
            chance.choice(((), places(empty), places(wrong))),
            slop,
            chance.choice((0.0, 0.5)),
            chance.choice((1, 10, 1000)),
            is_phrase=chance.random() < 0.5,
            wants_documents=chance.random() < 0.5,
        ),
        lambda: kernel.phrase(tuple((gap, own, kernel.skips(own)) for gap, own in words_of_phrase), slop, documents),
        *(lambda skips=skips: kernel.phrase(places(skips), slop, documents) for skips in (empty, wrong)),
        lambda: near(snapshot, chance),
        lambda: facet(chance),
        lambda: stored(snapshot, chance),
        lambda: kernel.documents(words),
        lambda: kernel.contains(tuple(rows("terms") for _ in range(3)), documents),
        lambda: look_up(kernel, chance),
    )
    return sum(map(is_refused, questions))


def is_refused(ask: Callable[[], Any]) -> bool:
    """Return whether the kernel refuses a question. A piece of a document may begin as a compressed one does."""
    try:
        ask()
    except (ValueError, zstandard.ZstdError):
        return True
    return False


def main() -> None:
    """Print how many trials there were and how many questions were refused."""
    module, folder, trials, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    load(module)
    from indexer.engines.whoosh.engine import WhooshEngine
    from indexer.engines.whoosh.snapshot.kernel import Kernel
    from support.engines import NOW, WEIGHTS

    snapshot = WhooshEngine(folder, WEIGHTS, now=lambda: NOW).reader().snapshot
    chance, refusals = random.Random(seed), 0
    for _ in range(trials):
        try:
            kernel = Kernel(damaged_snapshot(snapshot, chance))
        except ValueError:
            refusals += 1
            continue
        refusals += ask_everything(kernel, snapshot, chance)
    print(trials, refusals)


if __name__ == "__main__":
    main()
