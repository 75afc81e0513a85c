"""Makes the AOT cache of `java.py`, once a machine: in the background, at low priority, after a broker was stopped.

Run as `python -m cbrn_deploy.kafka.training`: starts a broker in a temporary folder and stops it, whereupon its JVM
writes the cache. Takes about 15 s; whatever goes wrong, there is no cache and brokers start as before.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from cbrn_deploy.kafka import jars
from cbrn_deploy.kafka.java import cache_folder, cache_path

SWITCH: Final = "CBRN_KAFKA_AOT"
"""Set to `off`, no cache is made."""
DUMP_TIMEOUT_S: Final = 120.0
OLD_AFTER_S: Final = 30 * 24 * 3600
LOWEST_PRIORITY: Final = 19


def wanted() -> bool:
    """Whether this machine has no cache for its JRE and jars yet, and may have one."""
    if os.environ.get(SWITCH) == "off" or sys.platform == "win32":
        return False
    class_path = [jar.path(jars.local_repository()) for jar in jars.locked_jars()]
    return all(path.exists() for path in class_path) and not cache_path(class_path).exists()


def train_once_in_background() -> None:
    """Starts the training if it is wanted. It goes on after this program's end, for a quarter of a minute."""
    if not wanted():
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "cbrn_deploy.kafka.training"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # nobody waits for it; says so to subprocess, which would warn


def train() -> Path | None:
    """Makes the cache now; returns its path, or None where another process makes it or the JVM wrote none."""
    from cbrn_deploy.kafka.embedded import EmbeddedKafka  # noqa: PLC0415 - it imports us

    class_path = jars.fetch()
    target = cache_path(class_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "training.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return None
        _remove_old()
        if not target.exists():
            with tempfile.TemporaryDirectory(prefix="cbrn-kafka-training-") as folder:
                made = target.with_suffix(".making")
                options = [f"-XX:AOTCacheOutput={made}"]
                with EmbeddedKafka(Path(folder) / "data", server_options=options, stop_timeout_s=DUMP_TIMEOUT_S):
                    pass
            if not made.exists():
                return None
            made.replace(target)
    return target


def _remove_old() -> None:
    for path in cache_folder().glob("kafka-*"):
        unused = time.time() - max(path.stat().st_atime, path.stat().st_mtime) > OLD_AFTER_S
        if unused or path.suffix == ".making":
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    os.environ[SWITCH] = "off"  # the broker of the training must not start another one
    os.nice(LOWEST_PRIORITY)
    train()
