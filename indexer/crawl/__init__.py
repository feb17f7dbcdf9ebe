"""Fetch what the sources list, and store it in the archive."""
