"""The users of a local broker: each process has its own, with the least that it needs, and a certificate of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.applying import apply_rights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    if not kafka.plaintext:
        await apply_rights(kafka.settings(), {user.name: user for user in sorted(users)})
