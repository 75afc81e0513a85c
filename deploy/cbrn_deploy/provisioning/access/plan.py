"""The plan of a cluster's access, and carrying it out: what is written down, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.difference import difference, still_due
from cbrn_deploy.provisioning.access.log import look, require_log, write_down
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_schemas.access_record import AccessRecord

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_deploy.provisioning.access.difference import AccessDifference
    from cbrn_deploy.provisioning.access.issuing import Person
    from cbrn_deploy.provisioning.access.known import Known
    from cbrn_schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is, and what differs."""

    found: AccessDifference
    known: Known
    logged: bool
    """The realm has a log of access."""


async def plan(settings: Settings, now: datetime) -> Plan:
    """Compare the cluster with what should be.

    Raises:
        BrokerUnreachableError: none let us in.
        AccessError: see `cbrn_deploy.provisioning.access.errors`.
    """
    async with opened(settings) as cluster:
        present, known, logged = await look(cluster, settings, now)
    return Plan(difference(present, known, settings.realm, now.date()), known, logged)


async def carry_out(
    settings: Settings, planned: AccessDifference, person: Person, now: datetime, *, prune: bool
) -> None:
    """Do what a plan says, and what only `prune` does; it is written down first. What is missing is added first of all.

    A person may have looked at the plan for minutes: of it only that is done which still differs. Who was revoked since
    is given nothing back.

    Raises:
        BusError: as `plan`, and where it cannot be written down.
    """
    if planned.empty and not (prune and planned.prunable):
        return
    await require_log(settings)
    async with opened(settings) as cluster:
        present, known, _ = await look(cluster, settings, now)
        due = still_due(planned, difference(present, known, settings.realm, now.date()))
        surplus = {*due.remove, *(due.prunable if prune else ())}
        if due.empty and not surplus:
            return
        record = AccessRecord(
            realm=settings.realm,
            act="applied",
            added=len(due.add),
            removed=len(surplus),
            by=person.name,
            reason=person.reason,
            at=now,
        )
        await write_down(settings, record)
        await cluster.add_rules(due.add)
        await cluster.remove_rules(surplus)
        await cluster.remove_passwords(due.passwords)
        await cluster.set_quotas({name: wanted for name, (_, wanted) in due.quotas.items()})
        present, known, _ = await look(cluster, settings, now)
        await cluster.remove_rules({rule for rule in due.add if rule.principal in known.gone} & present.rules)
