"""Why is a page failing, a document suspicious, or a URL not found?"""
