"""Kafka Streams as a contestant: built with Maven where there is one, started as a process of its own."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.java_model import java_model

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = Path(__file__).parent / "streams"
BUILD_S: Final = 500
"""The first time Maven brings in its own plugins and 13 jars."""
COMMIT_MS: Final = 100
"""What Streams itself chooses for exactly once: the most events/s."""
COMMIT_QUICK_MS: Final = 20
"""Where it is asked for its latency."""
JVM_OPTIONS: Final = ("-XX:+UseParallelGC", "-Xms256m", "-Xmx1g")
MAIN: Final = "kg.cbrn.bench.Main"


@dataclass(frozen=True, slots=True)
class Built:
    """Compiled classes, and the jars that they need."""

    folder: Path

    @property
    def class_path(self) -> str:
        """As `java -cp` takes it."""
        jars = sorted((self.folder / "target" / "lib").glob("*.jar"))
        return os.pathsep.join(map(str, [self.folder / "target" / "classes", *jars]))

    @property
    def version(self) -> str:
        """Of Kafka Streams."""
        (jar,) = (self.folder / "target" / "lib").glob("kafka-streams-*.jar")
        return jar.stem.removeprefix("kafka-streams-")

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs it."""
        return ["java", *JVM_OPTIONS, "-cp", self.class_path, MAIN, *arguments]

    def contest(  # noqa: PLR0917 - all of it is said on the command line
        self,
        table: Mapping[str, Any],
        bootstrap: str,
        folder: Path,
        events: int,
        job: str,
        threads: int,
        commit_ms: int,
    ) -> list[str]:
        """Return the command of one run, its table written into `folder`, where its state goes, too."""
        file = folder / "table.json"
        file.write_text(json.dumps(table), encoding="utf-8")
        group = f"bench-streams-{folder.name}"
        chosen = (str(file), bootstrap, group, str(events), job, str(threads), str(commit_ms), str(folder / "state"))
        return self.command(*chosen)


@functools.cache
def missing() -> str | None:
    """Say what is not on this machine that building or running needs; None where all is there."""
    absent = [name for name in ("java", "javac", "mvn") if shutil.which(name) is None]
    return f"no {', no '.join(absent)} on this machine" if absent else None


def build(cache: Path) -> Built:
    """Compile the sources, once for each content, in a folder of `cache`.

    Raises:
        RuntimeError: Maven says why it cannot.
    """
    model = java_model()
    files = sorted(path for path in SOURCES.rglob("*") if path.is_file() and "target" not in path.parts)
    content = b"\0".join(path.read_bytes() for path in files) + model.encode()
    built = Built(cache / f"streams-{hashlib.sha256(content).hexdigest()[:16]}")
    if (built.folder / "built").exists():
        return built
    shutil.rmtree(built.folder, ignore_errors=True)
    for path in files:
        copied = built.folder / path.relative_to(SOURCES)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    package = MAIN.rpartition(".")[0].replace(".", "/")
    (built.folder / "src/main/java" / package / "Model.java").write_text(model, encoding="utf-8")
    command = ["mvn", "--batch-mode", "--quiet", "package"]
    said = subprocess.run(command, cwd=built.folder, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if said.returncode:
        raise RuntimeError(f"Maven cannot build Kafka Streams' contestant: {(said.stdout + said.stderr)[-2000:]}")
    (built.folder / "built").touch()
    return built
