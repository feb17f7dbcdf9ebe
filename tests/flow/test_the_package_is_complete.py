"""The wheel holds all that the installed commands need."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

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


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    source = tmp_path / "source"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    files = [ROOT / name for name in names if name] or [p for p in ROOT.rglob("*") if ".venv" not in p.parts]
    for path in files:  # a copy, so that no build folder is left in the project
        if path.is_file() and path.relative_to(ROOT).parts[0] in (
            "indexer",
            "webui",
            "setup.cfg",
            "pyproject.toml",
            "README.md",
            "LICENSE",
        ):
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert not [name for name in NEEDED if name not in held]
    assert any(name.endswith("entry_points.txt") for name in held)
    assert not [name for name in held if name.startswith(("tests/", "benchmarks/", "index_data/"))]
