"""What bodies were told and what they answered, made as the bus would have it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from cbrn_consumers.alert import Origin
from cbrn_consumers.standing import Answer, Facts, Named, Standings, Told
from cbrn_schemas.receipt import Act, Receipt, give
from cbrn_schemas.topics import Realm

START = datetime(2026, 11, 27, 3, tzinfo=UTC)
SITUATION = "KG-2026-minkush"
NOBODY: Any = object()
NEEDS = {
    "declined": {"reason": "no team within 200 km"},
    "note": {"text": "a"},
    "handed-over": {"to": "Officer Bekova"},
}


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def _offset(minute: float, what: object) -> int:
    """One place for one record, in the order of time."""
    return int(minute * 10) << 32 | crc32(repr(what).encode())


def facts(**changed: Any) -> Facts:
    given: dict[str, Any] = {
        "place": "41708203",
        "spots": (),
        "point": None,
        "hazards": ("chemical",),
        "substances": (Named(frozenset({"chlorine"}), "chlorine"),),
        "severity": "Severe",
        "role": "lead",
    }
    return Facts(**(given | changed))


def told(
    minute: float = 0, *, body: str = "mes", event: str = "e-1", within: float | None = 20, **changed: Any
) -> Told:
    """One alert to a body; what is changed goes into the alert, or into its facts."""
    own = {name: changed.pop(name) for name in list(changed) if name in Facts._fields}
    at = after(minute)
    given: dict[str, Any] = {
        "body": body,
        "situation": SITUATION,
        "source": "/mes",
        "id": event,
        "level": 0,
        "origin": Origin(f"cbrn.to.{body}.alerts", 0, _offset(minute, (event, own, changed)), at),
        "acknowledge_by": None if within is None else at + timedelta(minutes=within),
        "restricted": False,
        "message_type": "Alert",
        "status": "Actual",
        "kind": "chemical-release",
        "publisher": "mes",
        "facts": facts(**own),
        "headlines": {"ru": "Выброс хлора"},
    }
    return Told(**(given | changed))


def receipt(
    act: Act = "acknowledged", *, body: str = "mes", event: str = "e-1", name: str = "1", **changed: Any
) -> Receipt:
    given: dict[str, Any] = {
        "id": f"{body}.{name}",
        "realm": Realm.REAL,
        "body": body,
        "situation": SITUATION,
        "act": act,
        "event": {"source": "/mes", "id": event},
        "by": "Duty officer Asanov",
        "at": START,
        **NEEDS.get(act, {}),
    }
    return give(**(given | changed))


def answer(minute: float, act: Act = "acknowledged", **changed: Any) -> Answer:
    """A receipt as the broker had it at that minute; entered a moment before, unless said otherwise."""
    changed = {"at": after(minute), "name": f"{act}-{minute}", **changed}
    given = receipt(act, **changed)
    return Answer(given, Origin(f"cbrn.from.{given.body}.receipts", 0, _offset(minute, given), after(minute)))


def standings(*given: Told | Answer) -> Standings:
    found = Standings()
    for one in given:
        if isinstance(one, Told):
            found.tell(one)
        else:
            found.take(one)
    return found


def party(*given: Told | Answer, body: str = "mes") -> Any:
    """The standing of one body."""
    found = standings(*given).of(SITUATION)
    assert found is not None
    return next(each for each in found.parties if each.body == body)
