"""Run `indexer` and `feed-search`. `python -m indexer` is the `indexer` command."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the `indexer` command."""
    _end_silently_on_ctrl_c()
    from indexer.cli import main as run

    _raise_on_ctrl_c()
    run()


def feed_search() -> None:
    """Run the `feed-search` command."""
    _end_silently_on_ctrl_c()
    from indexer.cli import feed_search as run

    _raise_on_ctrl_c()
    run()


def _end_silently_on_ctrl_c() -> None:
    """End without a traceback if Ctrl-C is pressed while modules are imported."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _raise_on_ctrl_c() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    main()
