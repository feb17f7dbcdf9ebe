"""How is a query answered? Text becomes a tree, the tree a page of hits."""

from indexer.search.searcher import Searcher

__all__ = ["Searcher"]
