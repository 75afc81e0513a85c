"""Who is told that a copy waits, and how that has ended, and what. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.partners.copies import how, words_of
from cbrn_consumers.partners.releasing import Output
from cbrn_routing.decision import CRISIS_CENTRE, Role
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.because import said as said_of
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.held_alarm import HeldAlarm, held_record
from cbrn_schemas.partner_release import Expired
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copy, End
    from cbrn_schemas.held_alarm import Matter
    from cbrn_schemas.partner_release import Weighed
    from cbrn_schemas.topics import Realm

WHY_MAX: Final = 2_000
"""Characters that an alarm has room for."""


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
    said: dict[str, Any] = {"matter": matter_of(copy, weighed), "due": weighed.not_after, "persons": persons}
    said |= {"why": weighed.why, "because": weighed.because}
    return _to_each(copy, told, realm, now, said)


def endings(copy: Copy, end: End, realm: Realm, now: datetime) -> list[Output]:
    """Say how a copy's way ends to each body that was told of it: its alarm is over then, whoever has decided.

    What has run out is told to whoever could have released it, too.
    """
    told = dict.fromkeys((*(end.told if isinstance(end, Expired) else ()), *sorted(copy.told)))
    matter = "expired" if isinstance(end, Expired) else matter_of(copy, copy.weighed)
    because = how(end, restricted=copy.held.restricted)
    said: dict[str, Any] = {"matter": matter, "ended": end.type, "by": tuple(each.by for each in words_of(end))}
    said |= {"because": because, "why": said_of(because, "en")[:WHY_MAX]}
    return _to_each(copy, told, realm, now, said)


def _to_each(copy: Copy, told: Iterable[str], realm: Realm, now: datetime, said: Mapping[str, Any]) -> list[Output]:
    """Make an alarm for each; the content of a restricted copy stays out of it."""
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
