"""Environment variables that look like a setting and are none: a typing error there would go unnoticed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from indexer.errors import SettingsError

PREFIX = "INDEXER_"
# Kubernetes and Docker set these for a service that is called "indexer" or "indexer-web".
_SET_BY_OTHERS = re.compile(r"_(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)$")


def refuse_unknown(names: Iterable[str], known: Iterable[str]) -> None:
    """Raises SettingsError that names the first unknown variable, and the known one that was probably meant."""
    allowed = sorted(known)
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in allowed and not _SET_BY_OTHERS.search(name):
            nearest = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)
            raise SettingsError(
                f"${name}: there is no such setting", remedy=f"did you mean {nearest[0]}? Else unset it" if nearest else ""
            )
