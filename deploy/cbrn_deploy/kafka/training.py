"""Makes the AOT cache of `java.py`, for a machine or image that starts brokers often: `cbrn kafka fetch` does so."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from cbrn_deploy.kafka import jars
from cbrn_deploy.kafka.embedded import EmbeddedKafka
from cbrn_deploy.kafka.java import cache_folder, cache_path

DUMP_TIMEOUT_S: Final = 120.0
OLD_AFTER_S: Final = 30 * 24 * 3600


def train() -> Path | None:
    """Make the cache where there is none: a broker is started and stopped, whereupon its JVM writes it, in 15 s.

    Returns its path, or None where the JVM wrote none: brokers then start as before.
    """
    target = cache_path(jars.fetch())
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_old()
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(prefix="making-", dir=target.parent) as folder:
        made = Path(folder) / target.name
        options = [f"-XX:AOTCacheOutput={made}"]
        with EmbeddedKafka(Path(folder) / "data", server_options=options, stop_timeout_s=DUMP_TIMEOUT_S):
            pass
        return made.replace(target) if made.exists() else None


def _remove_old() -> None:
    for path in cache_folder().glob("kafka-*"):
        if time.time() - max(path.stat().st_atime, path.stat().st_mtime) > OLD_AFTER_S:
            path.unlink(missing_ok=True)
