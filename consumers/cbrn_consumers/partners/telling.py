"""Who is told that a copy waits, and how that has ended, and what. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_consumers.partners.releasing import Output
from cbrn_routing.decision import CRISIS_CENTRE, Role
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.partner_release import Expired, HeldAlarm, Refused, Released, Withdrawn, held_record
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copy, End
    from cbrn_schemas.partner_release import Matter, Weighed
    from cbrn_schemas.topics import Realm


def deciding(named: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Return the bodies at home that decide today for those that an agreement names; else the crisis centre.

    A partner never decides of what another, or it itself, is to get.
    """
    day = local_day(now)
    today = [code for name in named for code in in_office(name, day)]
    found = dict.fromkeys(code for code in today if bodies()[code].receives and not bodies()[code].is_abroad)
    return tuple(found) or (CRISIS_CENTRE,)


def matter_of(copy: Copy, weighed: Weighed | None) -> Matter:
    """Say what there is to be said of a copy that waits."""
    if weighed is not None and weighed.shown is None:
        return "cannot"
    if copy.corrects is None:
        return "waits"
    return "recalls" if copy.recalls else "corrects"


def alarms(copy: Copy, weighed: Weighed, told: Iterable[str], realm: Realm, now: datetime) -> list[Output]:
    """Make the alarm about a copy that waits for each body that is told."""
    persons = 0 if weighed.shown is None else weighed.persons
    said = {"matter": matter_of(copy, weighed), "due": weighed.not_after, "persons": persons, "why": weighed.why}
    return _to_each(copy, told, realm, now, said)


def endings(copy: Copy, end: End, realm: Realm, now: datetime) -> list[Output]:
    """Say how a copy's way ends to each body that was told of it: its alarm is over then, whoever has decided.

    What has run out is told to whoever could have released it, too.
    """
    told = dict.fromkeys((*(end.told if isinstance(end, Expired) else ()), *sorted(copy.told)))
    matter = "expired" if isinstance(end, Expired) else matter_of(copy, copy.weighed)
    words = end.approvals if isinstance(end, Released) else (end,) if isinstance(end, Refused) else ()
    said = {"matter": matter, "ended": end.type, "by": tuple(each.by for each in words), "why": _how(copy, end)}
    return _to_each(copy, told, realm, now, said)


def _how(copy: Copy, end: End) -> str:
    """Say why it is over; what persons wrote of a restricted one is read in the log alone."""
    match end:
        case Expired():
            return copy.why
        case Withdrawn():
            return f"{end.because}: {end.by}"
        case Released(automatic=True):
            return f"it left by itself, by agreement {end.agreement}"
    if copy.held.restricted:
        return "persons have decided"
    return end.reason if isinstance(end, Refused) else end.approvals[-1].reason


def _to_each(copy: Copy, told: Iterable[str], realm: Realm, now: datetime, said: Mapping[str, Any]) -> list[Output]:
    """Address an alarm; the content of a restricted copy stays out of it."""
    held = copy.held
    alarm = HeldAlarm(
        copy_id=copy.id,
        partner=held.partner,
        situation=held.situation,
        event_kind=held.kind,
        at=now,
        severity=held.severity,
        headline=None if held.restricted else dict(held.headlines),
        **said,
    )
    headers, value = held_record(alarm, Role.LEAD.code, restricted=held.restricted)
    key = held.situation.encode()
    return [Output(to_topic(realm, body, "alerts"), key, headers, value) for body in told]
