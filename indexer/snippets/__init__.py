"""Which passage of a document is shown, and which words of it are marked?"""
