"""Refuse environment variables that look like a setting but are not one, since a misspelt name has no effect."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from indexer.errors import SettingsError

PREFIX = "INDEXER_"
# Kubernetes and Docker set these for a service named "indexer" or "indexer-web".
_SERVICE_VARIABLE = re.compile(r"_(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)$")


def refuse_unknown(names: Iterable[str], allowed_names: Iterable[str]) -> None:
    """Raise SettingsError for the first unknown variable, with the most similar known name."""
    allowed = sorted(allowed_names)
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in allowed and not _SERVICE_VARIABLE.search(name):
            nearest = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)
            raise SettingsError(
                f"${name} is not a setting", remedy=f"did you mean {nearest[0]}? Otherwise unset it" if nearest else ""
            )
