"""Which page owns which document? One page is one document, no matter how many URLs lead to it.

| module | question |
|---|---|
| `document_assigner.py` | Which document may be the same, and what is written? The one place that assigns documents to pages |
| `near_duplicate.py` | How similar are two texts? Are two documents, or two items of a listing, the same? (pure) |
| `document_owner.py` | At which address is a page's document, which page owns it, and what happens to the others? (pure) |
| `language_variants.py` | Are two pages of the same text meant for readers of two languages? (pure) |

By itself, each page yields a document at an address (`PageRecord.own_document_id`): where permanent redirects led, or its
canonical URL if that is trusted. Pages that yield the same address, or the same text, give one document
(`PageRecord.document_id`). Its owner is the first of them, and it names the addresses of the others (`Document.also`). If the
owner goes, the next one takes over.

The owner is the page with the plainest address: no AMP, print or mobile version, and https. Of equally plain ones it is the page
of the source that was added first, then the page that was known first. So the order in which pages are fetched hardly matters,
and a host that changes its name from day to day changes nothing.
"""
