"""The users of a local broker: each process has its own, with the least that it needs, and a certificate of its own."""

# ruff: noqa: PLC0415 - the client of Kafka's admin protocol takes half a second, while the JVM starts anyway

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.credentials import Credentials, write_credentials
from cbrn_schemas.settings import LOCAL_CREDENTIALS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cbrn_deploy.kafka import EmbeddedKafka
    from cbrn_deploy.processes.children import ChildProcess
    from cbrn_schemas.users import User


async def admit(kafka: EmbeddedKafka, children: Sequence[ChildProcess]) -> None:
    """Let processes in as the users they are: each is given a certificate, and its user the rights it needs.

    In the clear nobody is asked who he is.
    """
    if kafka.plaintext:
        return
    await give_rights(kafka, {child.user for child in children})
    for child in children:
        child.credentials = kafka.credentials(child.user.name)


async def give_rights(kafka: EmbeddedKafka, users: Iterable[User]) -> None:
    """Give users of this machine a certificate, and what their names say; never as whom somebody was revoked."""
    from cbrn_deploy.provisioning.access.applying import apply_local_rights

    if kafka.plaintext:
        return
    held = {user: kafka.access.principal(user.name) for user in sorted(users)}
    for user, principal in (await apply_local_rights(kafka.settings(), held)).items():
        kafka.credentials(user.name, principal)


async def as_itself(settings: Settings, user: User) -> Settings:
    """Return the settings by which a process comes as its user, where it is started beside this machine's broker.

    Whoever tells it nothing is `admin` there, which no process is to be. Settings that say something else stay.

    Raises:
        BrokerUnreachableError: no broker answers, and the user was never let in before.
        AccessError: see `cbrn_deploy.provisioning.access.errors`.
    """
    admins = settings.data_dir / LOCAL_CREDENTIALS
    if settings.credentials is None or settings.credentials.absolute() != admins.absolute():
        return settings
    from cbrn_deploy.authority import LocalAccess
    from cbrn_deploy.provisioning.access.applying import apply_local_rights

    access = LocalAccess(admins.parent)
    principal = access.principal(user.name)
    try:
        principal = (await apply_local_rights(settings, {user: principal}))[user]
    except BrokerUnreachableError:
        if principal is None:
            raise
    own = access.credentials(user.name, settings.bootstrap_servers, principal)
    return settings.reaching(Settings(credentials=own))


async def give_password(kafka: EmbeddedKafka, user: User, folder: Path) -> Path:
    """Give a user rights and a password; return the credentials file with it, which a program in any language reads."""
    from cbrn_deploy.provisioning.access.applying import apply_rights
    from cbrn_deploy.provisioning.access.protocol import new_password, opened

    admin, password = kafka.settings(), new_password()
    await apply_rights(admin, {user.name: user})
    async with opened(admin) as cluster:
        await cluster.set_password(user.name, password)
    path = folder / f"{user.name}.cbrn"
    values = {
        "CBRN_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "CBRN_SECURITY_PROTOCOL": "SASL_SSL",
        "CBRN_REALM": user.realm.value,
        "CBRN_USERNAME": user.name,
        "CBRN_PASSWORD": password,
    }
    write_credentials(path, Credentials(values, certificates=kafka.access.authority.bundle))
    return path


async def give_certificate(kafka: EmbeddedKafka, user: User) -> Path:
    """Give a user rights and a certificate; return its credentials file: with its key, and the port for it."""
    await give_rights(kafka, [user])
    return kafka.credentials(user.name)
