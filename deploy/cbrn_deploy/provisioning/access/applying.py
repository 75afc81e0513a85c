"""Rights into the cluster: what the given principals lack is added, in one request."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.log import look, write_down
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.rights import rights
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_schemas.access_record import AccessRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from cbrn_deploy.provisioning.access.protocol import AdminProtocol
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.users import User


async def apply_rights(settings: Settings, principals: Mapping[str, User], on: date | None = None) -> int:
    """Give principals the rights and quotas of their users; return how many rules were missing.

    `settings` are those of a person who gives rights. It adds only, and does nothing where all is there already; when
    it returns, every broker goes by it.

    Raises:
        BrokerUnreachableError: none let us in.
        AccessError: see `cbrn_deploy.provisioning.access.errors`.
    """
    async with opened(settings) as cluster:
        return await give(cluster, principals, on or datetime.now(UTC).date())


async def local_principals(settings: Settings, held: Mapping[User, str | None]) -> dict[User, str]:
    """Say as whom each user on the brokers' own machine comes; `held` is as whom the files here let in.

    A number that follows a revoked one is written down: the log must know what there is to be revoked the next time.

    Raises:
        BrokerUnreachableError, AccessError: as `apply_rights`.
    """
    found: dict[User, str] = {}
    now = datetime.now(UTC)
    for realm in sorted({user.realm for user in held}):
        own = settings.model_copy(update={"realm": realm})
        async with opened(own) as cluster:
            _, known, _ = await look(cluster, own, now)
        for user in (user for user in held if user.realm is realm):
            found[user] = known.local(user, held[user])
            if found[user] not in {held[user], user.name}:
                await write_down(own, _followed(user, found[user], now))
    return found


def _followed(user: User, principal: str, now: datetime) -> AccessRecord:
    return AccessRecord(
        realm=user.realm,
        act="issued",
        user=user.name,
        principal=principal,
        kind="certificate",
        by=f"{getpass.getuser()} (who starts the bus)",
        reason="the former one of this machine was revoked",
        at=now,
    )


async def give(cluster: AdminProtocol, principals: Mapping[str, User], on: date) -> int:
    """Do as `apply_rights` on a cluster that is open already."""
    wanted = {Rule(name, right) for name, user in principals.items() for right in rights(user, on)}
    missing = wanted - await cluster.rules()
    await cluster.add_rules(missing)
    await cluster.set_quotas({name: quota(user) for name, user in principals.items()})
    return len(missing)
