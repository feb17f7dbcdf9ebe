"""Find sources behind an address, and store them."""
