"""The wheel holds all that the installed commands need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [
    "indexer/archive/migrations/0001_first.sql",
    "indexer/py.typed",
    "webui/py.typed",
    *(
        str(p.relative_to(ROOT))
        for folder in ("templates", "static")
        for p in (ROOT / "webui" / folder).rglob("*")
        if p.is_file()
    ),
]


KERNELS = {"indexer/engines/whoosh/snapshot/_kernel.abi3.so", "indexer/snippets/_kernel.abi3.so"}


def build_wheel(folder: Path, **environment: str) -> Path:
    """Build the source distribution from a copy of the source, so that no build folder is left in the project, and a wheel from it."""
    source = folder / "source"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    files = [ROOT / name for name in names if name] or [p for p in ROOT.rglob("*") if ".venv" not in p.parts]
    for path in files:
        if path.is_file() and path.relative_to(ROOT).parts[0] in (
            "indexer",
            "webui",
            "setup.cfg",
            "pyproject.toml",
            "setup.py",
            "README.md",
            "LICENSE",
        ):
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "build", "--quiet", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    held = set(zipfile.ZipFile(build_wheel(tmp_path)).namelist())
    assert not [name for name in NEEDED if name not in held]
    assert any(name.endswith("entry_points.txt") for name in held)
    assert not [name for name in held if name.startswith(("tests/", "benchmarks/", "index_data/")) or name.endswith((".c", ".h"))]


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no compiler")
def test_one_wheel_with_the_kernel_is_for_all_pythons(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    assert "-cp311-abi3-" in wheel.name
    assert set(zipfile.ZipFile(wheel).namelist()) >= KERNELS
    assert searched(wheel, tmp_path) == ["True", "2"]
    assert searched(wheel, tmp_path, INDEXER_KERNEL="0") == ["False", "2"]


def test_without_a_compiler_the_installation_goes_on_without_the_kernel(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, CC="/bin/false")
    assert not KERNELS & set(zipfile.ZipFile(wheel).namelist())
    assert searched(wheel, tmp_path) == ["False", "2"]


SEARCH = """
import sys, tempfile
from pathlib import Path
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import Change, Document, RankingWeights
from indexer.query.nodes import TEXT_FIELDS, Terms
import indexer
assert indexer.__file__.startswith(sys.argv[1]), indexer.__file__
engine = WhooshEngine(Path(tempfile.mkdtemp()), RankingWeights())
documents = [Document(f"d{n}", "", "Lantern", "A lantern.", language="en") for n in range(2)]
engine.writer().apply([Change(n, d.id, d) for n, d in enumerate(documents, 1)], 2)
print(engine.is_compiled(), engine.reader().search(Terms(("en/lantern",), TEXT_FIELDS)).total)
"""


def searched(wheel: Path, folder: Path, **environment: str) -> list[str]:
    """Unpack a wheel, search an index with it, and return whether it is compiled and how many documents it found."""
    target = folder / "installed"
    zipfile.ZipFile(wheel).extractall(target)
    command = [sys.executable, "-c", SEARCH, str(target)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(target), **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()
