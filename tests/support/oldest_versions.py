"""Print the oldest version of each library that setup.cfg allows, as constraints for pip.

python tests/support/oldest_versions.py [EXTRA…] > constraints.txt
"""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Iterable
from pathlib import Path

SETUP = Path(__file__).resolve().parents[2] / "setup.cfg"
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?\s*(?:[>=]=([\w.]+))")


def oldest_versions(extras: Iterable[str] = ("test",)) -> dict[str, str]:
    """Return the name and the oldest version of each requirement of the product and of some extras.

    Raises ValueError for a requirement without a lower bound.
    """
    parser = configparser.ConfigParser()
    parser.read(SETUP, encoding="utf-8")
    lines = parser["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += parser["options.extras_require"][extra].splitlines()
    versions = {}
    for line in filter(None, map(str.strip, lines)):
        match = _REQUIREMENT.match(line)
        if match is None:
            raise ValueError(f"setup.cfg: {line!r} has no lower bound")
        versions.setdefault(match[1], match[2])
    return versions


if __name__ == "__main__":
    for name, version in oldest_versions(sys.argv[1:] or ("test",)).items():
        print(f"{name}=={version}")
