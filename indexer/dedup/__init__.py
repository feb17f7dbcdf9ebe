"""One page is one document: which page gives which document.

| module | question |
|---|---|
| `sketch.py` | How alike are two texts, and where among many is one like this? (pure) |
| `same.py` | Are two readings one document? (pure) |
| `versions.py` | Are two pages of one text meant for readers of two languages? (pure) |
| `assign.py` | Which page gives which document now? (the one place that decides; a crawl and a re-extraction ask it) |
| `again.py` | Which stored pages are to be read again without the network, as the settings of their source have changed? |
| `items.py` | Which items of a listing are items of their own? |

A page by itself reads as a document at an address (`Page.reading`): where permanent redirects led, or what it names as canonical
if that is believed. Pages that read as the same address, or have the same text, are one document (`Page.document_id`); it has
the address of the first of them, and names the others (`Document.also`). When the first one goes, the next one takes over.

The first one is the plainest address (no AMP, print or mobile version, https), then that of the source added first, then the
one known first: so the order in which pages happen to be fetched hardly matters, and a host that answers under one name today
and under another one tomorrow changes nothing.
"""
