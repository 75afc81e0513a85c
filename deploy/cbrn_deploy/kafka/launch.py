"""What is decided before the first JVM starts: the cluster of a data folder, its ports, and the supervisor's plan."""

from __future__ import annotations

import json
import os
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from cbrn_deploy.kafka.errors import DataFolderMismatchError
from cbrn_deploy.kafka.java import cache_path, java_command
from cbrn_deploy.kafka.layout import KAFKA_VERSION, Cluster, Node
from cbrn_deploy.kafka.ports import free_ports, is_free
from cbrn_deploy.kafka.supervisor import PRIVATE, RESTART_PAUSES_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cbrn_deploy.authority import Authority

CLUSTER_FILE: Final = "cluster.json"
CLUSTER_ID_LENGTH: Final = 22
"""Characters of a 16-byte id in base64, Kafka's own form."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What somebody asked of EmbeddedKafka; see there."""

    brokers: Literal[1, 3]
    port: int | None
    heap_mib: int
    start_timeout_s: float
    stop_timeout_s: float
    settings: Mapping[str, str] = field(default_factory=dict)
    server_options: Sequence[str] = ()
    keep: bool = False
    restart_pauses_s: Sequence[float] = RESTART_PAUSES_S


def plan_cluster(wanted: ClusterOptions, folder: Path, authority: Authority | None) -> Cluster:
    """Plan the brokers with their folders and ports; those that nobody asked for are free ones.

    Behind the ports that were asked for lie those for certificates, unless somebody has them.
    """
    free = iter(free_ports(4 * wanted.brokers))

    def port(index: int) -> int:
        if wanted.port is None:
            return next(free)
        asked = wanted.port + index
        return asked if index < wanted.brokers or is_free(asked) else next(free)

    def node(index: int) -> Node:
        own = folder / f"broker-{index + 1}"
        if authority is None:
            return Node(index + 1, own, port(index), next(free))
        return Node(index + 1, own, port(index), next(free), port(wanted.brokers + index), next(free))

    return Cluster(tuple(map(node, range(wanted.brokers))), wanted.settings, authority)


def last_port(folder: Path) -> int | None:
    """Return the port of the first broker when the brokers of a folder ran last; None where none ever has."""
    try:
        text = Node(1, folder / "broker-1", 0, 0).properties.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^listeners=\w+://[^:,]+:(\d{1,5})\b", text, re.MULTILINE)
    return int(found[1]) if found else None


def cluster_id(folder: Path, brokers: int) -> str:
    """Read the id of the folder's cluster, made at its first start. Raises DataFolderMismatchError."""
    path = folder / CLUSTER_FILE
    if not path.exists():
        letters = string.ascii_letters + string.digits  # of base64's, those that no command line takes for an option
        # The 22nd character holds the last two bits: one of A, Q, g, w.
        made = "".join(secrets.choice(letters) for _ in range(CLUSTER_ID_LENGTH - 1)) + secrets.choice("AQgw")
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"cluster": made, "brokers": brokers, "kafka": KAFKA_VERSION}), encoding="utf-8")
        new.replace(path)
    known = json.loads(path.read_text(encoding="utf-8"))
    if known["brokers"] != brokers:
        raise DataFolderMismatchError(
            f"{folder} holds a cluster of {known['brokers']} broker(s), not {brokers}",
            hint=f"Start it with --brokers {known['brokers']}, or choose another folder with --data.",
        )
    return str(known["cluster"])


def supervisor_plan(
    wanted: ClusterOptions,
    cluster: Cluster,
    folder: Path,
    class_path: Sequence[Path],
    *,
    access: Path | None,
    temporary: bool,
    detached: bool,
) -> dict[str, Any]:
    """Make the JSON that the supervisor reads first."""
    identity = cluster_id(folder, wanted.brokers)
    cache = cache_path(class_path)
    cached = [f"-XX:AOTCache={cache}"] if cache.exists() and not wanted.server_options else []

    def node_plan(node: Node) -> dict[str, Any]:
        options = [f"-Xmx{wanted.heap_mib}m", f"-Dlog4j2.configurationFile={node.log4j}", *cached]
        storage = ("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", identity)
        return {
            "number": node.number,
            "ports": list(node.ports),
            "folder": str(node.folder),
            "output": str(node.output),
            "log": str(node.log),
            "format": java_command(class_path, options, *storage, "-c", str(node.properties)),
            "serve": java_command(class_path, [*options, *wanted.server_options], "kafka.Kafka", str(node.properties)),
        }

    return {
        "folder": str(folder),
        "temporary": temporary,
        "detached": detached,
        "keep": wanted.keep or detached,
        "restart_pauses_s": list(wanted.restart_pauses_s),
        "parent": os.getpid(),
        "start_timeout_s": wanted.start_timeout_s,
        "stop_timeout_s": wanted.stop_timeout_s,
        "record": {
            "bootstrap_servers": cluster.bootstrap_servers,
            "mutual_servers": None if cluster.authority is None else cluster.mutual_servers,
            "access": None if access is None else str(access),
            "kafka": KAFKA_VERSION,
            "owner": None if detached else os.getpid(),
        },
        "nodes": [node_plan(node) for node in cluster.nodes],
    }
