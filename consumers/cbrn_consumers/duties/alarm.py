"""The alarm about a duty whose time has run out, as alert records in the shape of the bus's other alarms."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from cbrn_routing.decision import CRISIS_CENTRE, Role
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.signing.releases import Unverified
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.duty import OVERDUE_SOURCE, OVERDUE_TYPE, Overdue, OverdueAlarm
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.records import RESTRICTED, ROLE, rfc3339
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.duties import DutyState

NAMES_MAX: Final = 400
"""Letters about who is said to have released it: anybody may have written them."""
ID_DIGITS: Final = 40
"""Of the hash that names an alarm: a duty's id may be longer than a CloudEvents id may be here."""


class AlarmRecord(NamedTuple):
    """One record of an alarm."""

    topic: str
    headers: list[Header]
    value: bytes


def overdue_records(state: DutyState, realm: Realm, now: datetime) -> tuple[Overdue, list[AlarmRecord]]:
    """Return what is written, together or not at all, when a duty becomes overdue: its own record, and an alert a body.

    The national bodies that answer for it have to act, and the crisis centre knows of it; where no source names a body,
    the crisis centre has to find one.
    """
    limit, due = state.limit() or ("target", now)
    asked = cast("Literal['law', 'target']", limit)
    duty = state.duty
    told = {body: Role.LEAD for body in duty.national_bodies if body in receivers(local_day(now))}
    told.setdefault(CRISIS_CENTRE, Role.SUPPORT if told else Role.LEAD)
    record = Overdue(id=state.id, at=now, limit=asked, due=due, told=tuple(sorted(told)))
    alarm = OverdueAlarm(
        duty=state.id,
        title=duty.title,
        framework=duty.framework,
        article=duty.article,
        limit=asked,
        due=due,
        at=now,
        state=state.state.value,
        addressees=duty.addressees,
        national_bodies=duty.national_bodies,
        message=_message(state, asked, due),
        hint=f"Read the draft with `cbrn duties show {state.id}`, then release it, or answer why it is not due.",
    )
    value = alarm.model_dump_json().encode()
    return record, [
        AlarmRecord(to_topic(realm, body, "alerts"), _headers(state, asked, role, now), value)
        for body, role in told.items()
    ]


def _message(state: DutyState, limit: str, due: datetime) -> str:
    duty = state.duty
    time = "the time that the framework gives" if limit == "law" else "the bus's own reminder (the text has no hour)"
    doubt = " The facts allow the duty and do not prove it." if duty.possible else ""
    nobody = "nobody has released it"
    claims = [each.record.by for each in state.unverified if each.why is Unverified.NO_TRUST_FILE]
    if claims and not state.released:
        nobody = "nobody is known to have released it"
        names = ", ".join(dict.fromkeys(claims))
        doubt += f" Names on record, which the clerk of duties has no trust file to verify: {names}"[:NAMES_MAX]
    return (
        f"{duty.title.en}: {time} passed at {rfc3339(due)}, and {nobody} ({duty.framework}, "
        f"{duty.article}, {duty.wording}).{doubt}"
    )


def _headers(state: DutyState, limit: str, role: Role, now: datetime) -> list[Header]:
    name = hashlib.sha256(f"{state.id}\0{limit}".encode()).hexdigest()[:ID_DIGITS]
    headers = binary_headers(
        id=f"overdue-{name}", source=OVERDUE_SOURCE, type=OVERDUE_TYPE, time=rfc3339(now), subject=state.id
    )
    headers.append((ROLE, role.code.encode()))
    if state.duty.restricted:
        headers.append((RESTRICTED, b"true"))
    return headers
