"""The compiled kernel under AddressSanitizer and UndefinedBehaviorSanitizer, on arrays with flipped bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import indexer
from indexer.engines.whoosh.engine import WhooshEngine
from support.amount import amount
from support.contract_corpus import changes, doc, fill
from support.engines import NOW, WEIGHTS

TRIALS = amount(small=400, full=10_000)
PACKAGE = Path(indexer.__file__).parent
TESTS = Path(__file__).parents[1]


def sanitized_kernel(package: Path, folder: Path) -> tuple[Path, str]:
    """Build the kernel of a package with both sanitizers; return its path and the library to preload."""
    compiler = shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the sanitizers need gcc on Linux: apt-get install gcc libc6-dev")
    path = folder / "_kernel.abi3.so"
    flags = ["-g", "-O1", "-fPIC", "-shared", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off"]
    include = f"-I{sysconfig.get_paths()['include']}"
    subprocess.run([compiler, *flags, include, "-o", str(path), *map(str, sorted(package.glob("*.c")))], check=True)
    library = subprocess.run([compiler, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    return path, library.stdout.strip()


def run(module: str, *arguments: str, library: str) -> list[int]:
    """Run a module with the sanitizers preloaded, and return the numbers that it prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1",
        "PYTHONMALLOC": "malloc",
    }
    command = [sys.executable, "-m", module, *arguments]
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3_000)
    assert outcome.returncode == 0, outcome.stderr[-4_000:]
    return list(map(int, outcome.stdout.split()))


def test_flipped_bytes_give_an_answer_or_an_error(tmp_path: Path) -> None:
    module, library = sanitized_kernel(PACKAGE / "engines" / "whoosh" / "snapshot", tmp_path)
    engine = WhooshEngine(tmp_path / "index", WEIGHTS, now=lambda: NOW, compiled=False)
    texts = [" ".join(f"word{n % m}" for m in (2, 3, 5, 7, 11)) + " amber" * (n % 30) for n in range(5_000)]
    with engine.rebuild() as rebuild:
        rebuild.apply(changes([doc(f"d{n}", "Word", text) for n, text in enumerate(texts)]), 5_000)
        rebuild.publish()
    fill(engine, [doc(f"n{n}", "Amber", "word1 amber word2") for n in range(60)] + [f"d{n}" for n in range(0, 900, 7)])
    assert len(engine.reader().snapshot.segments) > 1
    trials, refusals = run("support.kernel_fuzz", str(module), str(tmp_path / "index"), str(TRIALS), "11", library=library)
    assert trials == TRIALS
    assert refusals > TRIALS / 10, "the damage was not noticed"


def test_any_text_gives_the_fragments_that_python_gives(tmp_path: Path) -> None:
    module, library = sanitized_kernel(PACKAGE / "snippets", tmp_path)
    trials, pages = run("support.fragments_fuzz", str(module), str(TRIALS), "11", library=library)
    assert trials == TRIALS
    assert pages > TRIALS / 4, "nearly all pages were left to Python"
