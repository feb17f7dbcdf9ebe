"""What did the operator decide about words and single queries? Synonyms, stop words, pinned results, direct answers.

    config.toml [curation], synonyms*.txt, curation.toml  ->  files.py  ->  Curation  ->  indexer.search

Everything but `files.py` is pure. The files are read again when they change, without a reindex.
"""
