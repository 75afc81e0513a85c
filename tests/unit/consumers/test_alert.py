"""The two kinds of reader: the door, which is closed, and who is told, who leaves out what is news."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from tests.builders.golden import golden

from cbrn_consumers.alert import read_alert
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, ce_type, parse_event, read_event


def from_a_newer_publisher(node: Any, *, is_object: bool = True) -> Any:
    """The same data with a member that nobody knows yet in every object; `texts` is a dictionary of languages."""
    if isinstance(node, list):
        return [from_a_newer_publisher(item) for item in node]
    if not isinstance(node, dict):
        return node
    members = {name: from_a_newer_publisher(member, is_object=name != "texts") for name, member in node.items()}
    return members | ({"added_in_a_later_release": {"a": 1}} if is_object else {})


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_reader_leaves_out_members_that_it_does_not_know(kind: str) -> None:
    """An optional field that one agency starts to use must not silence the others' programs."""
    newer = json.dumps(from_a_newer_publisher(json.loads(golden(kind)))).encode()
    assert read_event(newer) == parse_event(golden(kind))
    with pytest.raises(InvalidEventError) as refused:
        parse_event(newer)
    assert refused.value.reason is Reason.EXTRA_FIELD


def test_reader_is_strict_in_everything_else() -> None:
    """An unknown unit, read as if it were known, would be a wrong dose."""
    event = json.loads(golden("gamma-dose-rate"))
    event["reading"]["unit"] = "pSv/h"
    with pytest.raises(InvalidEventError) as refused:
        read_event(json.dumps(event).encode())
    assert refused.value.reason is Reason.UNIT_MISMATCH


def test_alert_of_a_newer_publisher_is_read() -> None:
    """What holds for events must hold for the feed and for `cbrn tail`, which read alerts."""
    newer = json.dumps(from_a_newer_publisher(json.loads(golden("tailings-failure")))).encode()
    headers = binary_headers(id="1", source="/mes", type=ce_type("tailings-failure"), time="2026-04-16T05:41:00Z")
    record = SimpleNamespace(
        topic="cbrn.to.mes.alerts", partition=0, offset=0, timestamp=0, headers=headers, value=newer
    )
    assert read_alert(record).event == parse_event(golden("tailings-failure"))
    assert read_alert(record).data == newer
