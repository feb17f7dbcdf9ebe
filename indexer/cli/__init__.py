"""The `indexer` command: parse the arguments, call one function of another package, print the result."""

from indexer.cli.app import COMMANDS, cli, feed_search, main

__all__ = ["COMMANDS", "cli", "feed_search", "main"]
