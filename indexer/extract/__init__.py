"""Turn a fetched page into a document: select the article's words, and read the page's metadata."""

from typing import Final

# Raise this when the same page may give another document. Stored pages are then extracted again.
EXTRACTOR_VERSION: Final = 8
