"""What a running broker leaves in its data folder (`run.json`), and what can be told from it.

A process id alone proves nothing, since ids are reused: each is kept with its start time. A record whose supervisor is
gone is that of a crashed run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from cbrn_deploy.kafka.supervisor import RECORD

if TYPE_CHECKING:
    from pathlib import Path

START_TIME_TOLERANCE_S = 0.05
KILLED_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: float
    """Seconds since the epoch, as psutil tells it."""

    def process(self) -> psutil.Process | None:
        """Find the living process, or None."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < START_TIME_TOLERANCE_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The content of `run.json`."""

    bootstrap_servers: str
    kafka: str
    owner: int | None
    """Process that ends with the brokers' end in mind; None when they were detached."""
    supervisor: ProcessId
    brokers: tuple[ProcessId, ...]
    ports: tuple[tuple[int, ...], ...]
    """At which each broker listens."""
    mutual_servers: str | None = None
    """Where clients with a certificate connect; None for brokers in the clear."""
    access: str | None = None
    """Folder of their authority and of the credentials of this machine; None for brokers in the clear."""

    @property
    def alive(self) -> bool:
        """Whether the supervisor lives, and with it the brokers."""
        return self.supervisor.process() is not None


def read_record(folder: Path) -> RunRecord | None:
    """Read the record of a data folder, or None where there is none or it is unreadable."""
    try:
        return _parse(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _parse(data: dict[str, Any]) -> RunRecord:
    return RunRecord(
        bootstrap_servers=data["bootstrap_servers"],
        kafka=data["kafka"],
        owner=data["owner"],
        supervisor=ProcessId(data["supervisor"]["pid"], data["supervisor"]["started"]),
        brokers=tuple(ProcessId(broker["pid"], broker["started"]) for broker in data["brokers"]),
        # A broker of an earlier version, still running, wrote the first of its ports only.
        ports=tuple(tuple(broker.get("ports") or [broker["port"]]) for broker in data["brokers"]),
        mutual_servers=data.get("mutual_servers"),
        access=data.get("access"),
    )


def end_leftovers(folder: Path) -> None:
    """End brokers whose supervisor was killed, and remove the record of that run.

    Linux ends such brokers by itself, other systems do not.
    """
    record = read_record(folder)
    if record is None or record.alive:
        return
    left = [process for broker in record.brokers if (process := broker.process())]
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=KILLED_WITHIN_S)
    (folder / RECORD).unlink(missing_ok=True)
