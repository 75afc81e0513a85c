"""Who is told that a copy waits, or has waited in vain, and what. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.partners.releasing import Output
from cbrn_routing.decision import CRISIS_CENTRE, Role
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.partner_release import HeldAlarm, held_record
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copy
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


def matter_of(copy: Copy, weighed: Weighed) -> Matter:
    """Say what there is to be said of a copy that waits."""
    if weighed.shown is None:
        return "cannot"
    if copy.corrects is None:
        return "waits"
    return "recalls" if copy.recalls else "corrects"


def alarms(
    copy: Copy, matter: Matter, told: Iterable[str], *, weighed: Weighed | None, realm: Realm, now: datetime
) -> list[Output]:
    """Make the alarm about a copy for each body that is told; the content of a restricted one stays out of it."""
    held = copy.held
    alarm = HeldAlarm(
        copy_id=copy.id,
        partner=held.partner,
        matter=matter,
        situation=held.situation,
        event_kind=held.kind,
        at=now,
        due=None if weighed is None else weighed.not_after,
        persons=0 if weighed is None or weighed.shown is None else weighed.persons,
        severity=held.severity,
        headline=None if held.restricted else dict(held.headlines),
        why=copy.why if weighed is None else weighed.why,
    )
    headers, value = held_record(alarm, Role.LEAD.code, restricted=held.restricted)
    key = held.situation.encode()
    return [Output(to_topic(realm, body, "alerts"), key, headers, value) for body in told]
