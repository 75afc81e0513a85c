"""The first download, shown to whoever waits for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cbrn_deploy.kafka.layout import KAFKA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_deploy.kafka.jars import Progress as FetchProgress
    from cbrn_deploy.kafka.jars import ProgressCallback


@contextmanager
def download_bar(
    what: str = "Apache Kafka {version} (45 MB, once)", console: Console | None = None
) -> Iterator[ProgressCallback]:
    """Draw a bar on standard error as progress is told, and nothing at all when there is nothing to download."""
    console = console or Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("jars, {task.fields[megabytes]:.1f} MB"),
        console=console,
        transient=True,
    )
    task = bar.add_task(f"Downloading {what.format(version=KAFKA_VERSION)}", start=False, megabytes=0.0)

    def show(progress: FetchProgress) -> None:
        if not bar.live.is_started:
            bar.start()
            bar.start_task(task)
        bar.update(task, completed=progress.done, total=progress.total, megabytes=progress.bytes_done / 1e6)

    try:
        yield show
    finally:
        if bar.live.is_started:  # else it would print an empty line
            bar.stop()
