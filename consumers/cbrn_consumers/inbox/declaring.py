"""A silence declared or ended by a person: checked, held against what stands in its scope now, and written."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from cbrn_consumers.inbox.reader import InboxReader, read_silences
from cbrn_consumers.inbox.writer import publish_silence
from cbrn_schemas.silence import SEVERITY_ORDER
from cbrn_schemas.silence import declare as declared

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.inbox.fold import Inbox
    from cbrn_consumers.inbox.group import Group
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.silence import Scope, Silence, SilenceEnd


async def declare(settings: Settings, body: str, scope: Scope, fields: dict[str, Any]) -> tuple[Silence, Inbox]:
    """Declare a silence for a body, and return it with the inbox that it was held against.

    Raises:
        SilenceError: it cannot be declared so.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    # Checked before anything is read: who has mistyped a reason need not wait.
    named = fields | {"id": f"{body}.{uuid.uuid4().hex[:10]}", "body": body, "scope": scope}
    declared(**named, severity_max="Minor")
    async with InboxReader(settings, body) as reader:
        silence = declared(**named, **_seen(reader.inbox, scope))
    await publish_silence(settings, silence)
    return silence, reader.inbox


async def end(settings: Settings, said: SilenceEnd, now: datetime) -> None:
    """End a silence before its time.

    Raises:
        SilenceError: it is unknown, or has ended.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    silences = await read_silences(settings, said.body)
    silences.note(said, now)  # refuses what is unknown or has ended
    await publish_silence(settings, said)


def effect_of(silence: Silence, inbox: Inbox, now: datetime) -> tuple[list[Group], list[Group]]:
    """Return what a silence hides of an inbox, once it is in force, and what stays visible in spite of it."""
    inbox.silences.note(silence, now)
    groups = [group for group in inbox.groups() if any(map(silence.scope.matches, group.subjects))]
    hides = [group for group in groups if inbox.silences.hiding(group, max(now, silence.starts)) is not None]
    return hides, [group for group in groups if group not in hides]


def _seen(inbox: Inbox, scope: Scope) -> dict[str, Any]:
    """Return how bad it is in the scope, as far as it may be silenced; Minor and no limit where nothing is there."""
    groups = [
        group
        for group in inbox.groups()
        if not group.protection and not group.ended and all(map(scope.matches, group.subjects))
    ]
    severities = ["Minor", *(group.highest for group in groups)]
    return {
        "severity_max": max(severities, key=SEVERITY_ORDER.__getitem__),
        "limits": tuple(sorted({limit for group in groups for limit in group.limits})),
    }
