"""The command serve of `feed-search`."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import command

if TYPE_CHECKING:
    from types import FrameType

MAX_PROCESSES = 64


@command("Run the search page and the crawler together")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), metavar="N", default=8080, show_default=True, help="Port; 0: any free one."
)
@click.option(
    "--processes", type=click.IntRange(1, MAX_PROCESSES), metavar="N", default=1, show_default=True, help="Processes that answer."
)
@click.option("--no-crawl", is_flag=True, help="Only serve; crawl with a timer or by hand.")
@pass_context
def serve(ctx: CommandContext, host: str, port: int, processes: int, no_crawl: bool) -> None:
    """Run the search page and the crawler together until SIGTERM or Ctrl-C.

    Sources are crawled automatically when they are due. A change of config.toml is used without a restart.
    The data folder is created if it does not exist. If the archive is not that of the index, only --no-crawl starts: a crawl
    could destroy what only the index holds.
    """
    from indexer.config.watch import ConfigurationWatch
    from indexer.reindex import require_current_archive
    from indexer.service.child import ChildProcess
    from indexer.service.data_folder import create_data_folder, next_due
    from indexer.service.supervisor import ServiceSupervisor

    folder = str(create_data_folder(ctx.data))
    ctx.creates_data_folder = True
    ctx.settings  # noqa: B018 - a wrong setting is reported before anything starts
    if not no_crawl:
        require_current_archive(ctx.archive, ctx.engine)
        ctx.close()  # the server and the crawler open their own
    options = ["-v"] if ctx.verbose else ["-q"] if ctx.quiet else []
    options += ["--log-format", ctx.log_format] if ctx.log_format else []
    arguments = ["--data", folder, "--host", host, "--port", str(port), "--processes", str(processes)]
    supervisor = ServiceSupervisor(
        ChildProcess("webui", *arguments),
        None if no_crawl else ChildProcess("indexer", "--data", folder, *options, "crawl"),
        next_due=next_due,
        read_settings=ConfigurationWatch(folder).read,
        log=lambda text: ctx.note(f"feed-search: {text}"),
    )
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if not no_crawl and next_due(ctx.settings, datetime.now(UTC)) is None:
        ctx.note(f"feed-search: {folder} has no sources yet. Add one with: feed-search --data {folder} add URL")
    sys.exit(supervisor.run(stopping.wait))
