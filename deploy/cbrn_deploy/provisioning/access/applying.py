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


async def apply_local_rights(settings: Settings, held: Mapping[User, str | None]) -> dict[User, str]:
    """Give the users of the brokers' own machine their rights; return as whom each comes.

    `held` is as whom the files here let in. Who has rights keeps them; of whom there are none the log says whether
    somebody was revoked: then the next number is taken. It is written down, so that it can be revoked, too.

    Raises:
        BrokerUnreachableError, AccessError: as `apply_rights`.
    """
    found = {user: held[user] or user.name for user in held}
    now = datetime.now(UTC)
    async with opened(settings) as cluster:
        allowed = {rule.principal for rule in await cluster.rules()}
        for realm in sorted({user.realm for user, name in found.items() if name not in allowed}):
            own = settings.model_copy(update={"realm": realm})
            _, known, _ = await look(cluster, own, now)
            for user in (user for user in held if user.realm is realm):
                found[user] = known.local(user, held[user])
                if found[user] not in {held[user], user.name}:
                    await write_down(own, _followed(user, found[user], now))
        await give(cluster, {name: user for user, name in found.items()}, now.date())
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
