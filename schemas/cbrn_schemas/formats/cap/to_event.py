"""An alert of ours as the event that it was made of: the way back of `from_event`.

Ours is known by the event code `kg.cbrn:type`. What an alert from elsewhere says is for whoever takes it in to map.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events.kinds import kind_of, lane_of
from cbrn_schemas.events.parse import read_event
from cbrn_schemas.events.time import to_wire
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.coding import PARAMETER, TYPE
from cbrn_schemas.formats.cap.from_event import TEXT
from cbrn_schemas.formats.cap.wording import FIELDS, LANGUAGES
from cbrn_schemas.formats.faults import error
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.formats.cap.model import CapAlert, Info

_LANGUAGE_OF: Final = {language: lang for lang, language in LANGUAGES.items()}


def kind_in(alert: CapAlert) -> str | None:
    """Return the kind of the event that an alert of ours was made of; None for an alert from elsewhere."""
    codes = chain.from_iterable(info.event_codes for info in alert.infos)
    named = next((code.value for code in codes if code.name == TYPE), None)
    return None if named is None else kind_of(named)


def event_of(alert: CapAlert) -> AnyEvent:
    """Make the event again. Members that this version does not know are left out, as by every reader of events.

    Raises:
        FormatError: an alert from elsewhere, or one of ours with a parameter that was changed.
    """
    kind = kind_in(alert)
    if kind is None:
        raise error(
            "cap-foreign",
            f"no event code {TYPE} says which kind of event of ours it is",
            "Take it in as what a partner told: `cbrn run inbound` does.",
            where="alert/info/eventCode",
        )
    given = {**_elements(alert, kind), **_parameters(alert), "kind": kind}
    given.setdefault("texts", _texts(alert.infos))
    try:
        return read_event(json.dumps(given, ensure_ascii=False).encode())
    except InvalidEventError as wrong:
        raise error(
            "cap-event", f"it does not hold an event: {wrong}", wrong.hint, where="alert/info/parameter"
        ) from None


def _elements(alert: CapAlert, kind: str) -> dict[str, Any]:
    """Return what elements say: a parameter of the same name says it better."""
    info = alert.infos[0]
    fields: dict[str, Any] = {
        "status": alert.status,
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
    }
    fields |= {"observed": to_wire(info.onset)} if info.onset else {}
    fields |= {"reported": to_wire(info.effective)} if info.effective else {}
    fields |= {"situation": alert.incidents[0]} if alert.incidents else {}
    if lane_of(kind) is Lane.MONITORING:
        return fields | ({"station": alert.source} if alert.source else {})
    fields["message_type"] = alert.msg_type
    fields["references"] = [lexical.event_id(one.identifier) for one in alert.references]
    return fields | ({"contact": info.contact} if info.contact else {})


def _parameters(alert: CapAlert) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for info in alert.infos:
        for parameter in info.parameters:
            if parameter.name.startswith(PARAMETER) and parameter.name != TEXT:
                fields[parameter.name.removeprefix(PARAMETER)] = _value(parameter.name, parameter.value)
    return fields


def _texts(infos: tuple[Info, ...]) -> dict[str, dict[str, str]]:
    """Return the publisher's own texts: those that the info block says are."""
    texts: dict[str, dict[str, str]] = {}
    for info in infos:
        lang = _LANGUAGE_OF.get(info.language)
        named = next((one for one in info.parameters if one.name == TEXT), None)
        if lang is None or named is None:
            continue
        own = _value(TEXT, named.value)
        said = {field: getattr(info, field) for field in FIELDS if isinstance(own, list) and field in own}
        texts[lang] = {field: text for field, text in said.items() if text is not None}
    return texts


def _value(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise error(
            "cap-event",
            f"the parameter {name} is no JSON",
            "Send the alert as it was: somebody between has changed it.",
            where="alert/info/parameter",
        ) from None
