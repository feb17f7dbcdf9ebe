"""Put small faults into the packages that decide, one at a time, and count how many their own tests notice.

    python tests/mutation/run.py                     # 200 random mutants, always the same ones
    python tests/mutation/run.py --only indexer/feeds --count 40 --seed 7
    python tests/mutation/run.py --replay survivors.txt      # only those that survived before

A mutant is killed when a unit or contract test fails, or does not end. Each one runs in a fork of a process that has imported
everything. Only the tests that call the changed function are run: first those of its package, the fastest of them first.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import io
import json
import math
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "mutation")]

import pytest  # noqa: E402
from callers import Callers, Recorder, RecordingFinder, first_line  # noqa: E402
from operators import Mutant, mutants_of  # noqa: E402

TARGET_SHARE = 0.85
MIN_SECONDS, TIMES = 60, 4  # a mutant hangs when its tests take so much longer than without it, which is noticed as well
SUITES = {  # the tests of each package that decides, which run first
    "indexer/archive/statistics.py": ("tests/unit/archive", "tests/unit/diagnostics", "tests/contract/archive"),
    "indexer/crawl": ("indexer/crawl", "tests/unit/crawl", "tests/contract/crawl"),
    "indexer/dedup": ("indexer/dedup", "tests/unit/dedup", "tests/contract/crawl"),
    "indexer/feeds": ("indexer/feeds", "tests/unit/feeds"),
    "indexer/query": ("indexer/query", "tests/unit/query"),
    "indexer/search": ("indexer/search", "tests/unit/search", "tests/unit/query", "tests/unit/curation", "tests/unit/relevance"),
}
WIDER = (  # other unit and contract tests that may call the changed function
    "tests/unit/cli", "tests/unit/diagnostics", "tests/unit/doctor", "tests/unit/exchange", "tests/unit/extract",
    "tests/unit/webui", "tests/contract/crawl", "tests/unit/test_limits.py",
)  # fmt: skip
MAX_WIDER_SECONDS = 30  # of those for one mutant: the fastest ones
# They move data between processes, files and threads, and decide nothing.
NOT_DECIDING = {"pool.py", "worker.py", "crawler.py", "report.py", "result_json.py"}


@dataclass(frozen=True)
class Case:
    path: Path
    mutant: Mutant
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.mutant.line}: {self.mutant.what} [{self.mutant.node}]"


class Loader(SourceFileLoader):
    """Loads a module with its fault."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.mutant.applied(ast.parse(Path(self.path).read_text("utf-8"))), self.path, "exec")


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, case: Case) -> None:
        parts = case.path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.case = case

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = Loader(fullname, str(self.case.path), self.case.mutant)
        return importlib.util.spec_from_file_location(fullname, self.case.path, loader=loader)


Functions = dict[tuple[str, int], list[FunctionType]]


def imported_functions() -> Functions:
    """Return the functions of the product by file and first line. After `gc.freeze` the collector shows none of them."""
    functions: Functions = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(str(ROOT)):
            functions[each.__code__.co_filename, each.__code__.co_firstlineno].append(each)
    return functions


def replaced(case: Case, functions: Functions) -> bool:
    """Put the fault into the functions that have been imported. Return False where it is in the body of no function.

    The default of a parameter is no part of the body.
    """
    tree = ast.parse(case.path.read_text("utf-8"))
    begins = first_line(tree, case.mutant.line, max)
    found = functions.get((str(case.path), begins), [])
    if not begins or not found:
        return False
    before, after = (
        {code.co_firstlineno: code for code in codes(compile(each, str(case.path), "exec"))}
        for each in (tree, case.mutant.applied(tree))
    )
    if after[begins] == before[begins]:
        return False
    for function in found:
        function.__code__ = after[begins]
    return True


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the functions of a module and of its classes, not those inside of functions."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_OPTIMIZED:
                yield inner
            else:
                yield from codes(inner)


def forget_modules() -> None:
    """Let all modules of the product and its tests be imported again, one of them with a fault."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("indexer", "webui", "support", "tests", "test")]:
        del sys.modules[name]


def cases(only: str) -> list[Case]:
    """Return all mutants of the packages that decide."""
    found = []
    for place, tests in SUITES.items():
        paths = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
        for path in paths:
            name = path.relative_to(ROOT).as_posix()
            if path.name not in NOT_DECIDING and name.startswith(only):
                found += [Case(path, mutant, tests) for mutant in mutants_of(ast.parse(path.read_text("utf-8")))]
    return found


def outcome(
    case: Case | None,
    tests: Sequence[str],
    log: Path,
    functions: Functions,
    seconds: float = math.inf,
    *,
    record: Path | None = None,
    at_import: bool = False,
) -> str:
    """Run the tests in a fork: "killed", "survived", or "hung".

    With `record`, note there which test calls what. With `at_import`, the fault is in code that runs during the import.
    """
    child = os.fork()
    if not child:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.setpgid(0, 0)
        if record or (case and (at_import or not replaced(case, functions))):
            forget_modules()
            sys.meta_path.insert(0, finder := Finder(case) if case else RecordingFinder())
            if isinstance(finder, Finder):  # now: for the files that it is given, pytest puts a loader of its own before ours
                importlib.import_module(finder.name)
        options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-m", "not cluster and not slow"]
        os._exit(
            int(pytest.main([*options, *tests] if record else ["-x", *options, *tests], [Recorder(record)] if record else []))
        )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if status == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="number of mutants (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="PATH", help="a package or module, such as indexer/feeds")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run the mutants whose lines are in this file")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes (default: one for each core)")
    parser.add_argument("--reuse", action="store_true", help="do not record again which test calls what")
    parser.add_argument("--logs", type=Path, default=ROOT / ".mutants", help="folder of the tests' output")
    options = parser.parse_args()
    every = cases(options.only)
    if options.replay:
        lines = set(options.replay.read_text("utf-8").splitlines())
        chosen = [case for case in every if str(case) in lines]
    else:
        chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
    options.logs.mkdir(exist_ok=True)
    os.chdir(ROOT)
    os.environ["CI"] = "true"  # hypothesis tries the same examples for all mutants
    every_test = sorted({test for case in chosen for test in case.tests} | set(WIDER))
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *every_test])  # imports all of them
    functions = imported_functions()
    gc.freeze()
    records = [options.logs / f"calls-{job}.json" for job in range(options.jobs)]
    if not (options.reuse and all(record.exists() for record in records)):
        record_calls(every_test, records, functions)
    callers = Callers(records)
    for test in callers.failed:
        print(f"left out, as it fails without any fault: {test}")
    outcomes = all_outcomes(sorted(chosen, key=str), callers, functions, options.logs, options.jobs)
    report(outcomes)
    survivors = [str(case) for case, what in outcomes.items() if what == "survived"]
    (options.logs / "survivors.txt").write_text("".join(f"{line}\n" for line in survivors), "utf-8")
    return int(1 - len(survivors) / len(outcomes) < TARGET_SHARE)


def record_calls(tests: Sequence[str], records: Sequence[Path], functions: Functions) -> None:
    """Note which test calls what, in one process for each file."""
    paths = [ROOT / test for test in tests]
    found = {file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py")) if is_test(file)}
    files = sorted(str(file.relative_to(ROOT)) for file in found)
    children = []
    for job, record in enumerate(records):
        if not (child := os.fork()):
            outcome(None, files[job :: len(records)], record.with_suffix(".txt"), functions, record=record)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def is_test(file: Path) -> bool:
    return file.name.startswith("test_") or (file.is_relative_to(ROOT / "indexer") and ">>>" in file.read_text("utf-8"))


def all_outcomes(chosen: Sequence[Case], callers: Callers, functions: Functions, logs: Path, jobs: int) -> dict[Case, str]:
    """Run the mutants in several processes, and print each survivor at once."""
    children = []
    for job in range(jobs):
        if not (child := os.fork()):
            found = {}
            for number in range(job, len(chosen), jobs):
                case = chosen[number]
                tree = ast.parse(case.path.read_text("utf-8"))
                log, tests = logs / f"{number:03}.txt", callers.of(case.path, tree, case.mutant.line)
                own = [test for test in tests if test.startswith(case.tests)]
                others = [test for test in tests if not test.startswith(case.tests)]
                chosen_tests = own + callers.fastest(others, MAX_WIDER_SECONDS)
                suite = chosen_tests or [test for test in callers.every if test.startswith(case.tests)]
                seconds = MIN_SECONDS + TIMES * callers.seconds(suite)
                found[number] = outcome(case, suite, log, functions, seconds, at_import=not chosen_tests)
                if found[number] == "survived":
                    print(f"survived: {case}", flush=True)
            (logs / f"job-{job}.json").write_text(json.dumps(found), "utf-8")
            os._exit(0)
        children.append(child)
    outcomes: dict[Case, str] = {}
    for job, child in enumerate(children):
        os.waitpid(child, 0)
        found = json.loads((logs / f"job-{job}.json").read_text("utf-8"))
        outcomes |= {chosen[int(number)]: what for number, what in found.items()}
    return outcomes


def report(outcomes: dict[Case, str]) -> None:
    """Print the share that was noticed, for each package and in all."""
    places = Counter((case.path.relative_to(ROOT).parts[1], what != "survived") for case, what in outcomes.items())
    for place in sorted({place for place, _ in places}):
        killed, survived = places[place, True], places[place, False]
        print(f"{place}: {killed} of {killed + survived}")
    killed = sum(what != "survived" for what in outcomes.values())
    print(f"{sum(what == 'hung' for what in outcomes.values())} did not end")
    print(f"{killed} of {len(outcomes)} mutants were noticed: {killed / len(outcomes):.0%} (target {TARGET_SHARE:.0%})")


if __name__ == "__main__":
    sys.exit(main())
