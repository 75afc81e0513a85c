"""On what it was measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).parents[2]
LIBRARIES: Final = ("aiokafka", "msgspec", "pydantic", "faststream")


def described(streams: str | None) -> dict[str, Any]:
    """Return date, commit, machine and versions; `streams` is the version of Kafka Streams, if it is there."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "kafka": _broker_version(),
        "kafka_streams": streams,
        "java": _java_version() if streams else None,
        **{name: version(name) for name in LIBRARIES},
    }


def sentence(machine: dict[str, Any]) -> str:
    """Say it in one sentence."""
    parts = [
        f"{machine['date']}, commit {machine['commit']}",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, broker on them too",
        f"Python {machine['python']}",
        *(f"{name} {machine[name]}" for name in LIBRARIES),
        f"Apache Kafka {machine['kafka']}",
    ]
    if machine["kafka_streams"]:
        parts.append(f"Kafka Streams {machine['kafka_streams']} on Java {machine['java']}")
    return ", ".join(parts)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"model name\s*: (.*)", text)
    return found[1].strip() if found else platform.machine()


def _broker_version() -> str:
    lock = (ROOT / "deploy" / "cbrn_deploy" / "kafka" / "jgo.toml").read_text(encoding="utf-8")
    found = re.search(r"org\.apache\.kafka:[a-z0-9_.-]+:([0-9.]+)!", lock)
    return found[1] if found else "unknown"


def _java_version() -> str:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)  # noqa: S607 - as git
    found = re.search(r'"([^"]+)"', said.stderr)
    return found[1] if found else "unknown"
