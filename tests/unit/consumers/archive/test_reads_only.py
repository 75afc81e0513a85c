"""A replay cannot change anything on the bus: what it stands on has no way to write."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from tests.builders.sources import syntax_of

from cbrn_routing.bus import handshake

ROOMS = ("cbrn_routing.bus.read", "cbrn_consumers.archive.replay_source", "cbrn_routing.compare")
OURS = ("cbrn_schemas", "cbrn_routing", "cbrn_producers", "cbrn_consumers", "cbrn_deploy")
WRITING = {
    "cbrn_producers",
    "cbrn_consumers.feed",
    "cbrn_consumers.parking",
    "cbrn_consumers.quarantine",
    "cbrn_consumers.rulebooks.activating",
    "cbrn_routing.bus.write",
    "cbrn_routing.bus.leftovers",
    "cbrn_routing.bus.promises",
    "cbrn_routing.shards",
    "cbrn_routing.router",
    "cbrn_deploy.provisioning",
}
WAYS_OUT = ("producer", "admin", "transactional", "commit", "subscribe", "send", "create_topics", "delete")
"""Parts of names by which a Kafka client writes, joins a group or changes a cluster."""


ASKED = ("_SASL_HANDSHAKE", "_API_VERSIONS", "_SASL_AUTHENTICATE")


@pytest.fixture(scope="module")
def modules() -> frozenset[str]:
    """Everything of ours that a replay stands on, however far below."""
    graph = grimp.build_graph(*OURS)
    found = set(ROOMS)
    for room in ROOMS:
        found |= graph.find_upstream_modules(room, as_package=room == "cbrn_routing.compare")
    return frozenset(found | {name for name in graph.modules if name.startswith("cbrn_routing.compare.")})


def test_replay_stands_on_nothing_that_writes(modules: frozenset[str]) -> None:
    """No producer, no consumer group, no provisioning: not even to be misused."""
    assert "cbrn_routing.compare.replay" in modules
    assert not {name for name in modules for room in WRITING if name == room or name.startswith(f"{room}.")}


def test_no_name_in_its_sources_can_write(modules: frozenset[str]) -> None:
    """Kafka's client is there to read; by no name that writes is it ever called."""
    found = {}
    for name in modules:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        text = Path(spec.origin).read_text(encoding="utf-8")
        if "kafka" in text.lower():
            found[name] = sorted(_suspicious(syntax_of(text)))
    assert "cbrn_routing.bus.read" in found
    assert found.pop("cbrn_routing.bus.handshake") == ["sendall"]  # on a socket of its own: see the next test
    assert not {name: names for name, names in found.items() if names}


def test_the_look_at_a_broker_only_asks() -> None:
    """In bytes of its own it says who asks, and asks what there is: it knows no number of a request that writes."""
    named = {name: value for name, value in vars(handshake).items() if name in {"_METADATA", *ASKED}}
    assert named == {"_METADATA": 3, "_SASL_HANDSHAKE": 17, "_API_VERSIONS": 18, "_SASL_AUTHENTICATE": 36}
    asked = {
        ast.unparse(node.args[0])
        for node in ast.walk(syntax_of(Path(handshake.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._ask"
    }
    assert asked == set(named)


def _suspicious(tree: ast.Module) -> set[str]:
    """Names and attributes that could write. Switching commits off is no way to commit."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                names.add(name)
            case ast.keyword(arg=str(name), value=value):
                if name == "enable_auto_commit":
                    assert isinstance(value, ast.Constant)
                    assert value.value is False
                elif name == "group_id":
                    assert isinstance(value, ast.Constant)
                    assert value.value is None
                else:
                    names.add(name)
    # An error's class is named to say it to a person.
    return {name for name in names if any(way in name.lower() for way in WAYS_OUT) and not name.endswith("Failed")}


def test_replay_loads_no_module_that_writes() -> None:
    """What is not in the process cannot be called by mistake, or by an injected name."""
    code = (
        "import sys; import cbrn_consumers.archive.replay_source;"
        "import cbrn_deploy.cli.rules.replay_screen, cbrn_deploy.cli.rules.compare;"
        f"print(sorted(name for name in sys.modules if name in {WRITING!r}))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
