"""Credentials whose time is over end: what a program that goes on for ever does by itself.

A credential that was followed by the next works until its overlap is over; one that has lapsed leaves rules behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.log import look, write_down
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_schemas.access_record import AccessRecord

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.settings import Settings


async def end_overdue(settings: Settings, by: str, now: datetime) -> tuple[str, ...]:
    """Take away what is left of a realm's credentials whose time is over, and nothing else; return their principals.

    It is written down first: whatever breaks off then is in the plan. `by` is who or what ends them.

    Raises:
        BusError: none let us in, or it could not be done.
    """
    async with opened(settings) as cluster:
        found, known, _ = await look(cluster, settings, now)
        left = {rule.principal for rule in found.rules} | found.passwords
        names = tuple(sorted(left.intersection(known.over)))
        if not names:
            return ()
        rules = {rule for rule in found.rules if rule.principal in names}
        for name in names:
            one = known.over[name]
            why = "another follows it" if one.ends == one.last else "it has lapsed"
            record = AccessRecord(
                realm=settings.realm,
                act="ended",
                user=one.principal.user.name,
                principal=name,
                removed=sum(rule.principal == name for rule in rules),
                by=by,
                reason=f"its time is over: {why}",
                at=now,
            )
            await write_down(settings, record)
        await cluster.remove_rules(rules)
        await cluster.remove_passwords(names)
        await cluster.set_quotas({name: {} for name in names})
    return names
