"""The `indexer` command: parse the arguments, call one function of another package, print the result."""

from indexer.cli.app import COMMANDS, cli, main

__all__ = ["COMMANDS", "cli", "main"]
