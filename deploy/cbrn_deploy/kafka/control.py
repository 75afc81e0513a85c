"""Brokers of another program or of an earlier command, known by their data folder: whether they run, and their end."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

from cbrn_deploy.kafka.errors import BrokerControlError
from cbrn_deploy.kafka.layout import HOST
from cbrn_deploy.kafka.record import RunRecord, end_leftovers, read_record
from cbrn_deploy.kafka.supervisor import JOURNAL

if TYPE_CHECKING:
    from pathlib import Path

STOP_TIMEOUT_S = 90.0
CONNECT_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the brokers of a data folder."""

    running: bool
    folder: str
    bootstrap_servers: str | None = None
    brokers: int = 0
    answering: int = 0
    """Brokers that accept connections at each of their ports."""
    supervisor: int | None = None
    """Process id."""
    owner: int | None = None
    """Process id of the program that the brokers end with; None when they were started for themselves."""
    started: float | None = None
    """Seconds since the epoch."""
    crashed: bool = False
    """An earlier run ended without cleaning up; the next start does."""
    failure: str | None = None
    """Why the supervisor of the earlier run gave its brokers up, where it did and could still write it down."""
    mutual_servers: str | None = None
    """Where clients with a certificate connect; None for brokers in the clear, whom anybody here may use."""
    access: str | None = None
    """Folder with their authority, and with the credentials of this machine."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        return asdict(self)


def broker_folder(data_dir: Path) -> Path:
    """Name the folder in a bus's data where the broker keeps its own, for `cbrn up`, `cbrn kafka` and whoever else."""
    return data_dir / "kafka"


def status(folder: Path) -> Status:
    """Tell whether brokers run in this folder."""
    record = read_record(folder)
    if record is None:
        return Status(running=False, folder=str(folder))
    if not record.alive:
        return Status(running=False, folder=str(folder), crashed=True, failure=_failure(folder))
    return Status(
        running=True,
        folder=str(folder),
        bootstrap_servers=record.bootstrap_servers,
        brokers=len(record.ports),
        answering=sum(all(map(_answers, ports)) for ports in record.ports),
        supervisor=record.supervisor.pid,
        owner=record.owner,
        started=record.supervisor.started,
        mutual_servers=record.mutual_servers,
        access=record.access,
    )


def stop(folder: Path) -> bool:
    """Stop detached brokers in order; return whether any ran.

    Raises BrokerControlError when they belong to a running program, or do not end.
    """
    record = read_record(folder)
    if record is None or not record.alive:
        end_leftovers(folder)
        return False
    if record.owner is not None:
        raise BrokerControlError(
            f"the broker in {folder} belongs to the program with process id {record.owner}", hint="Stop that program."
        )
    _terminate(record, folder)
    return True


def _terminate(record: RunRecord, folder: Path) -> None:
    supervisor = record.supervisor.process()
    if supervisor is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        supervisor.terminate()
        try:
            supervisor.wait(STOP_TIMEOUT_S)
        except psutil.TimeoutExpired:
            raise BrokerControlError(
                f"the broker in {folder} did not stop within {STOP_TIMEOUT_S:.0f} s",
                hint=f"Look at its log. Process {record.supervisor.pid} may be killed; the next start checks the data.",
            ) from None


def _failure(folder: Path) -> str | None:
    with contextlib.suppress(OSError, ValueError):
        for line in reversed((folder / JOURNAL).read_text(encoding="utf-8").splitlines()):
            at, _, said = line.partition(" ")
            event = json.loads(said)
            if event["event"] == "failed":
                return f"{event['message']}, at {at}"
            if event["event"] != "stopped":
                return None
    return None


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
