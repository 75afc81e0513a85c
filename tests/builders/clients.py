"""The sample clients of `docs/clients`: how each is run here, and why one is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.builders.golden import ROOT

from cbrn_deploy.kafka import EmbeddedKafka

FOLDER = ROOT / "docs" / "clients"
PROMISED = frozenset(filter(None, os.environ.get("CBRN_CLIENTS", "").split(",")))
"""Clients that must be run: a machine that cannot is then a failure. Those that are fetched are tried only if named."""
KAFKAJS, FRANZ_GO = "kafkajs@2.2.4", "github.com/twmb/franz-go@v1.22.3"
FETCH_WITHIN_S = 280


def java(folder: Path) -> list[str]:
    if shutil.which("javac") is None:
        raise LookupError("no JDK (javac) on this machine")
    jars = [jar for jar in EmbeddedKafka.fetch() if jar.name.startswith(("kafka-clients-", "slf4j-api-"))]
    return ["java", "-cp", os.pathsep.join(map(str, jars)), str(FOLDER / "Sample.java")]


def confluent(folder: Path) -> list[str]:
    return [sys.executable, str(FOLDER / "sample.py")]


def cloudevents(folder: Path) -> list[str]:
    return [sys.executable, str(FOLDER / "sample_cloudevents.py")]


def kcat(folder: Path) -> list[str]:
    if shutil.which("kcat") is None:
        raise LookupError("no kcat on this machine")
    return ["sh", str(FOLDER / "sample.sh")]


def node(folder: Path) -> list[str]:
    if "node" not in PROMISED:
        raise LookupError("it is fetched over the network: name it in CBRN_CLIENTS")
    shutil.copy(FOLDER / "sample.mjs", folder)
    _fetch(folder, "npm", "install", "--no-audit", "--no-fund", KAFKAJS)
    return ["node", str(folder / "sample.mjs")]


def go(folder: Path) -> list[str]:
    if "go" not in PROMISED:
        raise LookupError("it is fetched over the network: name it in CBRN_CLIENTS")
    shutil.copy(FOLDER / "sample.go", folder)
    _fetch(folder, "go", "mod", "init", "sample")
    _fetch(folder, "go", "get", FRANZ_GO)
    _fetch(folder, "go", "mod", "tidy")
    _fetch(folder, "go", "build", "-o", "sample", "sample.go")
    return [str(folder / "sample")]


def _fetch(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=FETCH_WITHIN_S, capture_output=True)


CLIENTS = {each.__name__: each for each in (java, confluent, cloudevents, kcat, node, go)}
