"""Where processors are short the broker and the router of incidents go first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cbrn_consumers.duties import Clerk
from cbrn_deploy.processes.children import (
    DeskProcess,
    GatewayProcess,
    KeeperProcess,
    NotifyProcess,
    RouterProcess,
    WatchProcess,
)
from cbrn_deploy.processes.priority import BEHIND, give_way
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane


@pytest.fixture
def child():
    """A process in a session of its own that does nothing."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process.pid
        assert process.stdin is not None
        process.stdin.close()
        process.kill()


def test_who_gives_way_is_lowered_with_its_group(child):
    """Linux gives each session an equal share, however nice its processes are."""
    before = os.getpriority(os.PRIO_PROCESS, child)
    give_way(child)
    assert os.getpriority(os.PRIO_PROCESS, child) == max(before, BEHIND)
    group = Path(f"/proc/{child}/autogroup")
    if group.exists() and (said := group.read_text(encoding="ascii").split()):
        assert said[-1] == str(BEHIND)


def test_a_child_that_has_ended_is_no_error():
    """It is found to have ended by whoever waits for it."""
    with subprocess.Popen(["true"]) as process:  # noqa: S607 - any program that ends
        process.wait()
        give_way(process.pid)


def test_everybody_but_the_router_of_incidents_gives_way(tmp_path):
    """A flood of readings, or whoever reads along, does not hold up an incident."""
    settings, log = Settings(), tmp_path / "log"
    behind = [
        RouterProcess(settings, Lane.MONITORING, log),
        WatchProcess(settings, log, instance="w"),
        GatewayProcess(settings, "mes", log),
        DeskProcess(settings, "mes", log),
        NotifyProcess(settings, "mes", tmp_path / "channels", log),
        KeeperProcess(settings, Clerk, log),
    ]
    assert all(each.gives_way for each in behind)
    assert not RouterProcess(settings, Lane.INCIDENTS, log).gives_way
