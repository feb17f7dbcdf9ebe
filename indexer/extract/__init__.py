"""How we understand a page: which of its words are the article's, and what it says about itself."""

from typing import Final

# Raise it whenever the same page may give another document: `reindex --re-extract` is then worth its time.
EXTRACTOR_VERSION: Final = 5
