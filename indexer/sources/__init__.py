"""Which sources does an address lead to?"""
