"""Does a change make the results better? Compare two indexes, tune the ranking weights, propose synonyms.

`indexer.search.evaluation` measures one index. This package compares measurements.
"""
