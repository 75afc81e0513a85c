"""The users of a local broker: each process has its own, with the least that it needs, and a certificate of its own."""

# ruff: noqa: PLC0415 - the client of Kafka's admin protocol takes half a second, while the JVM starts anyway

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.credentials import Credentials, write_credentials

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
    for child in children:
        child.credentials = kafka.credentials(child.user.name)
    await give_rights(kafka, {child.user for child in children})


async def give_rights(kafka: EmbeddedKafka, users: Iterable[User]) -> None:
    """Give users of this machine what their names say; in one request, so that a start waits for one answer."""
    from cbrn_deploy.provisioning.access.applying import apply_rights

    if not kafka.plaintext:
        await apply_rights(kafka.settings(), {user.name: user for user in users})


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
