"""The AsyncAPI document: complete, sound by itself, and true of topics and records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jinja2 import UndefinedError
from tests.builders.golden import ROOT, published_asyncapi

from cbrn_consumers.feed import feed_group
from cbrn_deploy.cli.operations.contracts import documents
from cbrn_deploy.provisioning.plan import planned_topics
from cbrn_schemas.contracts import asyncapi
from cbrn_schemas.events import EVENT_TYPES, ce_type, lane_of
from cbrn_schemas.streams import STREAMS
from cbrn_schemas.topics import Lane, Realm, router_group

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = ROOT / "schemas" / "asyncapi"
DOCUMENT: dict[str, Any] = published_asyncapi()
BINDINGS = {
    "channels": {"topic", "partitions", "replicas", "topicConfiguration", "bindingVersion"},
    "operations": {"groupId", "clientId", "bindingVersion"},
    "messages": {"key", "schemaIdLocation", "schemaIdPayloadEncoding", "schemaLookupStrategy", "bindingVersion"},
}
"""What the AsyncAPI Kafka binding 0.5.0 knows, by where it stands."""


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(reference: str) -> Any:
    """What a reference leads to; KeyError where it leads nowhere."""
    file, _, pointer = reference.partition("#")
    node = json.loads((FOLDER / file).read_text(encoding="utf-8")) if file else DOCUMENT
    for part in filter(None, pointer.split("/")):
        node = node[part]
    return node


def bound(part: str) -> dict[str, dict[str, Any]]:
    nodes = DOCUMENT["components"]["messages"] if part == "messages" else DOCUMENT[part]
    return {name: node["bindings"]["kafka"] for name, node in nodes.items()}


def test_a_maintained_reader_of_asyncapi_takes_it() -> None:
    """FastStream's models of AsyncAPI 3 are the nearest to a second opinion that needs no Node."""
    application = ApplicationSchema.model_validate(DOCUMENT)
    assert application.asyncapi == "3.0.0"
    assert set(application.operations) == set(DOCUMENT["operations"])


def test_every_reference_leads_somewhere() -> None:
    """A generator in another ministry stops at the first that does not."""
    found = set(references(DOCUMENT))
    assert len(found) > len(EVENT_TYPES)
    for reference in found:
        resolve(reference)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_kind_can_be_published_and_received(kind: str) -> None:
    """With its own type, schema and headers, on its own lane, in both directions."""
    name, lane = f"{kind}.v1", lane_of(kind)
    suffix = "incidents" if lane is Lane.INCIDENTS else "readings"
    assert name in DOCUMENT["channels"][f"{suffix}FromBody"]["messages"]
    towards = "alertsToBody" if lane is Lane.INCIDENTS else "readingsToBody"
    assert f"{name}.delivered" in DOCUMENT["channels"][towards]["messages"]
    for message in (DOCUMENT["components"]["messages"][title] for title in (name, f"{name}.delivered")):
        assert message["name"] == ce_type(kind)
        assert message["payload"] == {"$ref": f"../json/{name}.json"}
        assert {"ce_type": {"type": "string", "const": ce_type(kind)}} in [
            part.get("properties") for part in message["headers"]["allOf"]
        ]


def test_every_published_type_is_the_payload_of_a_message() -> None:
    """A type that no channel carries is a promise about nothing. Files that people write are no messages."""
    carried = {node.split("/")[-1] for node in references(DOCUMENT["components"]["messages"]) if "/json/" in node}
    files = {"rule-file.v1.json", "officers.v1.json", "escalation-policies.v1.json", "signature-policy.v1.json"}
    files |= {"sharing-agreement.v1.json"}
    assert carried == {f"{one.name}.json" for one in documents()} - files


def test_a_stream_whose_messages_nobody_named_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not be published as a channel that carries nothing."""
    monkeypatch.setattr(asyncapi, "STREAMS", (*STREAMS, replace(STREAMS[0], channel="rumoursFromBody")))
    with pytest.raises(UndefinedError, match="rumoursFromBody"):
        asyncapi.asyncapi_text(documents())


def test_only_writing_the_document_needs_the_template_engine() -> None:
    """An agency's program, and `cbrn schema check`, run where the router's part is not installed."""
    program = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from cbrn_schemas.contracts import asyncapi_text, bus_documents, event_documents\n"
        "documents = [*event_documents(), *bus_documents()]\n"
        "try: asyncapi_text(documents)\n"
        "except ModuleNotFoundError as error: print(error.name)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "jinja2"


def test_operations_speak_only_of_their_channels_messages() -> None:
    """AsyncAPI 3 asks for it, and no schema can say it."""
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["messages"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_parameters_are_those_of_the_address() -> None:
    """A parameter that the address does not have, or lacks, makes the document invalid."""
    for channel in DOCUMENT["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel["parameters"])


@pytest.mark.parametrize("part", BINDINGS)
def test_bindings_hold_what_the_kafka_binding_knows(part: str) -> None:
    """The binding is closed: one member too many, and tools refuse the document."""
    for name, binding in bound(part).items():
        assert binding.keys() <= BINDINGS[part], name
        assert binding["bindingVersion"] == "0.5.0"


def test_channels_are_kept_as_provisioned() -> None:
    """Types as the binding wants them: clean-up as a list, times and sizes as numbers."""
    for binding in bound("channels").values():
        assert binding["partitions"] >= 1
        assert binding["replicas"] >= 1
        configuration = dict(binding["topicConfiguration"])
        assert set(configuration.pop("cleanup.policy")) <= {"compact", "delete"}
        assert configuration
        assert all(isinstance(value, int) and value >= -1 for value in configuration.values())


@pytest.mark.parametrize("realm", Realm)
def test_every_topic_of_the_bus_is_described_by_exactly_one_channel(realm: Realm) -> None:
    """A topic without a channel is one that nobody outside knows how to use."""
    patterns = []
    for channel in DOCUMENT["channels"].values():
        address = re.escape(channel["address"])
        for name, parameter in channel["parameters"].items():
            values = "|".join(map(re.escape, resolve(parameter["$ref"])["enum"]))
            address = address.replace(re.escape(f"{{{name}}}"), f"({values})")
        patterns.append(re.compile(address))
    used = set()
    for topic in planned_topics(realm, shards=4, replication=1, on=date(2026, 6, 1)):
        (match,) = [pattern for pattern in patterns if pattern.fullmatch(topic.name)]
        used.add(match)
    assert used == set(patterns)


def test_groups_are_those_that_programs_take() -> None:
    """Access rules are written for groups by their names."""
    operations = bound("operations")
    feeds = operations["receiveAlerts"]["groupId"]["pattern"]
    assert all(re.fullmatch(feeds, feed_group(realm, "mes", "desk")) for realm in Realm)
    assert operations["routeIncidents"]["groupId"]["enum"] == [router_group(realm, Lane.INCIDENTS) for realm in Realm]
    assert operations["routeReadings"]["groupId"]["enum"] == [router_group(realm, Lane.MONITORING) for realm in Realm]


def test_no_real_host_is_named() -> None:
    """Names that are made up get registered by somebody else."""
    assert {server["host"] for server in DOCUMENT["servers"].values()} == {"{host}:{port}"}
