"""JSON Schema (draft 2020-12) of everything that travels, one self-contained document a type.

The text is deterministic: sorted keys, one newline at the end. What fits into a line stands on one line, so that a
document can be read and its changes reviewed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import GenerateJsonSchema

from cbrn_schemas.access_record import AccessRecord
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.contracts.rules import BACKWARD_ONLY, BOTH_WAYS, Direction
from cbrn_schemas.decision_record import DecisionRecord
from cbrn_schemas.duty import (
    OVERDUE_TYPE,
    Answered,
    Decided,
    Drafted,
    Noted,
    Overdue,
    OverdueAlarm,
    Raised,
    Released,
)
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events import ce_type as type_of_kind
from cbrn_schemas.held_alarm import HELD_TYPE, HeldAlarm
from cbrn_schemas.notice import NOTICE_TYPE, OUTCOME_TYPE, Notice, NoticeOutcome
from cbrn_schemas.officers import Officers
from cbrn_schemas.partner_release import RECORDS
from cbrn_schemas.person_decision import (
    DUTY_DECISION_TYPE,
    PARTNER_DECISION_TYPE,
    QUARANTINE_DECISION_TYPE,
    DutyDecision,
    PartnerDecision,
    QuarantineDecision,
)
from cbrn_schemas.receipt import RECEIPT_TYPE, Receipt
from cbrn_schemas.records import ALARM_TYPE, Alarm
from cbrn_schemas.shift import (
    ASKED_TYPE,
    HANDED_OVER_TYPE,
    TAKEN_TYPE,
    TESTED_TYPE,
    ChannelTestAsked,
    ChannelTested,
    ShiftHandedOver,
    ShiftTaken,
)
from cbrn_schemas.silence import SILENCE_END_TYPE, SILENCE_TYPE, Silence, SilenceEnd
from cbrn_schemas.standing_record import STANDING_TYPE, SituationStands
from cbrn_schemas.unanswered import SILENT_TYPE, UNANSWERED_TYPE, Conclusion, Silent, Unanswered

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
URN: Final = "urn:cbrn-alert-bus:schema"
LINE_CHARS_MAX: Final = 120
FIRST_VERSION: Final = "v1"

UNIT: Final = "x-unit"
"""Annotation with the UCUM code of a number whose name ends in its unit."""


@dataclass(frozen=True, slots=True)
class Document:
    """A published type: its file's name without `.json`, its schema, and the ways in which it must stay compatible."""

    name: str
    """`tailings-failure.v1`."""
    ce_type: str | None
    """CloudEvents type; None for what is no CloudEvent."""
    schema: dict[str, Any]
    promise: frozenset[Direction] = BOTH_WAYS


def document(
    name: str,
    family: str,
    schema: dict[str, Any],
    *,
    ce_type: str | None = None,
    promise: frozenset[Direction] = BOTH_WAYS,
) -> Document:
    """Make a document from a schema; `name` ends in its version, `family` is the part of the URI before it."""
    kind, _, version = name.rpartition(".")
    tidy = _tidied(schema)
    return Document(name, ce_type, {**tidy, "$schema": DIALECT, "$id": f"{URN}:{family}:{kind}:{version}"}, promise)


def event_documents() -> list[Document]:
    """Make a document for each kind of event, incidents first."""
    return [event_document(kind) for kind in EVENT_TYPES]


def bus_documents() -> list[Document]:
    """Make documents of what is no event: alarms, decision record, silences, receipts, notices, decisions, duties."""
    alarm = _schema_of(Alarm)
    _require(alarm, "kind")
    return [
        document(f"quarantined.{FIRST_VERSION}", "alarm", alarm, ce_type=ALARM_TYPE),
        document(f"decision-record.{FIRST_VERSION}", "bus", _schema_of(DecisionRecord)),
        document(f"access-record.{FIRST_VERSION}", "bus", _schema_of(AccessRecord)),
        *(
            # A reader of silences is closed, lest a field that it does not know makes a scope wider than was meant.
            document(f"{name}.{FIRST_VERSION}", "silence", _schema_of(model), ce_type=ce_type, promise=BACKWARD_ONLY)
            for name, model, ce_type in (
                ("silence", Silence, SILENCE_TYPE),
                ("silence-end", SilenceEnd, SILENCE_END_TYPE),
            )
        ),
        # As closed as silences are, see `read_receipt`.
        document(
            f"receipt.{FIRST_VERSION}", "receipt", _schema_of(Receipt), ce_type=RECEIPT_TYPE, promise=BACKWARD_ONLY
        ),
        document(f"notice.{FIRST_VERSION}", "notice", _schema_of(Notice), ce_type=NOTICE_TYPE),
        document(f"notice-outcome.{FIRST_VERSION}", "notice", _schema_of(NoticeOutcome), ce_type=OUTCOME_TYPE),
        *decision_documents(),
        *shift_documents(),
        *watch_documents(),
        *duty_documents(),
        *release_documents(),
    ]


def watch_documents() -> list[Document]:
    """Make documents of what the watch says: alarms, what it concluded, and where everybody stands."""
    alarms = []
    for model, ce_type in ((Unanswered, UNANSWERED_TYPE), (Silent, SILENT_TYPE)):
        schema = _schema_of(model)
        _require(schema, "kind")
        alarms.append(document(f"{model.__name__.lower()}.{FIRST_VERSION}", "alarm", schema, ce_type=ce_type))
    return [
        *alarms,
        document(f"conclusion.{FIRST_VERSION}", "standing", _schema_of(Conclusion)),
        document(f"standing.{FIRST_VERSION}", "situation", _schema_of(SituationStands), ce_type=STANDING_TYPE),
    ]


def decision_documents() -> list[Document]:
    """Make documents of what persons decide. Their readers are closed: see `read_decision`."""
    duty = _schema_of(DutyDecision)
    for model in (Released, Answered):
        _require(duty["$defs"][model.__name__], "type")
    return [
        document(f"{name}.{FIRST_VERSION}", "decision", schema, ce_type=ce_type, promise=BACKWARD_ONLY)
        for name, schema, ce_type in (
            ("duty-decision", duty, DUTY_DECISION_TYPE),
            ("quarantine-decision", _schema_of(QuarantineDecision), QUARANTINE_DECISION_TYPE),
            ("partner-decision", _schema_of(PartnerDecision), PARTNER_DECISION_TYPE),
        )
    ]


def shift_documents() -> list[Document]:
    """Make documents of facts about a watch. Their reader is closed: see `read_shift`."""
    return [
        document(f"{name}.{FIRST_VERSION}", "shift", _schema_of(model), ce_type=ce_type, promise=BACKWARD_ONLY)
        for name, model, ce_type in (
            ("shift-taken", ShiftTaken, TAKEN_TYPE),
            ("shift-handed-over", ShiftHandedOver, HANDED_OVER_TYPE),
            ("channel-tested", ChannelTested, TESTED_TYPE),
            ("channel-test-asked", ChannelTestAsked, ASKED_TYPE),
        )
    ]


def officers_document() -> Document:
    """Make the document of a body's file of officers. People write it: only old files and new readers meet."""
    return document(f"officers.{FIRST_VERSION}", "rota", _schema_of(Officers), promise=BACKWARD_ONLY)


def duty_documents() -> list[Document]:
    """Make the alarm about an overdue duty first, then each type of record of the log of duties."""
    overdue = _schema_of(OverdueAlarm)
    _require(overdue, "kind")
    documents = [document(f"overdue-duty.{FIRST_VERSION}", "alarm", overdue, ce_type=OVERDUE_TYPE)]
    for model in (Raised, Noted, Drafted, Released, Answered, Overdue, Decided):
        schema = _schema_of(model)
        _require(schema, "type")
        documents.append(document(f"duty-{model.__name__.lower()}.{FIRST_VERSION}", "duty", schema))
    return documents


def release_documents() -> list[Document]:
    """Make the alarm about a held copy first, then each type of record of the log of releases."""
    alarm = _schema_of(HeldAlarm)
    _require(alarm, "kind")
    documents = [document(f"held-copy.{FIRST_VERSION}", "alarm", alarm, ce_type=HELD_TYPE)]
    for model in RECORDS:
        schema = _schema_of(model)
        _require(schema, "type")
        documents.append(document(f"copy-{model.__name__.lower()}.{FIRST_VERSION}", "release", schema))
    return documents


def as_text(schema: dict[str, Any]) -> str:
    """Write the document's text: sorted, UTF-8, one newline at the end."""
    return _written(schema, 0) + "\n"


@cache
def event_document(kind: str) -> Document:
    """Make the document of a kind, to be read only. KeyError for what is no kind."""
    schema = _schema_of(EVENT_TYPES[kind])
    # The models give `kind` a default, so that a program need not repeat it; on the wire nothing can do without it.
    _require(schema, "kind")
    name = type_of_kind(kind)  # kg.cbrn.<family>.<kind>.<version>
    *_, family, _, version = name.split(".")
    return document(f"{kind}.{version}", family, schema, ce_type=name)


def _require(schema: dict[str, Any], name: str) -> None:
    del schema["properties"][name]["default"]
    schema["required"] = [name, *schema["required"]]


class _Generator(GenerateJsonSchema):
    """pydantic's own, without a title for every field that only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_Generator)


def _tidied(schema: dict[str, Any]) -> dict[str, Any]:
    """Return it without defaults of null, which say nothing, and with the units of numbers."""
    tidy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in {"properties", "$defs"}:
            tidy[keyword] = {name: _tidied(member) for name, member in value.items()}
            if keyword == "properties":
                _note_units(tidy[keyword])
        elif isinstance(value, dict) and keyword != "default":
            tidy[keyword] = _tidied(value)
        elif isinstance(value, list):
            tidy[keyword] = [_tidied(item) if isinstance(item, dict) else item for item in value]
        elif keyword != "default" or value is not None:
            tidy[keyword] = value
    return tidy


def _note_units(members: dict[str, Any]) -> None:
    for name, member in members.items():
        unit = unit_of(name)
        forms = {form.get("type") for form in member.get("anyOf", [member])}
        if unit is not None and forms & {"number", "integer"}:
            member[UNIT] = unit


def _written(value: Any, depth: int) -> str:
    flat = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if not value or not isinstance(value, dict | list) or len(flat) + 2 * depth < LINE_CHARS_MAX:
        return flat
    inner, outer = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, list):
        return "[" + ",".join(f"{inner}{_written(item, depth + 1)}" for item in value) + f"{outer}]"
    members = (f"{json.dumps(key)}: {_written(value[key], depth + 1)}" for key in sorted(value))
    return "{" + ",".join(inner + member for member in members) + f"{outer}}}"
