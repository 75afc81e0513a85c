"""An officer's channels tried: asked for, and the code given back. The body's notify process sends."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from cbrn_consumers.notify.history import History
from cbrn_consumers.rota.reader import publish_fact
from cbrn_consumers.shifts.errors import Refusal, RefusedError
from cbrn_consumers.shifts.naming import officer_of
from cbrn_schemas.shift import ChannelTestAsked, ChannelTested, state_fact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.notify.history import Ledger
    from cbrn_consumers.rota import Roster, ShiftLog, Tested
    from cbrn_schemas.officers import Channel, Officer
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.shift import Outcome, Why


def channels_of(officer: Officer, name: str | None) -> list[Channel]:
    """Return an officer's channels, or the one of that name.

    Raises:
        RefusedError: there is none.
    """
    found = [each for each in officer.channels if name in {None, each.name}]
    if not found:
        named = ", ".join(each.name for each in officer.channels) or "none"
        raise RefusedError(Refusal.NO_CHANNEL, f"{officer.post} has no such channel", f"Its channels are: {named}.")
    return found


async def ask_test(
    settings: Settings, body: str, post: str, channel: str | None, *, by: str, at: datetime
) -> ChannelTestAsked:
    """Ask for a test of an officer's channels; return once Kafka has that.

    Raises:
        ShiftError: it cannot be stated so.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    one = {} if channel is None else {"channel": channel}
    asked = state_fact(ChannelTestAsked, **_named(settings, body, at), post=post, by=by, **one)
    await publish_fact(settings, asked)
    return asked


def results_of(log: ShiftLog, asked: str, officer: Officer, channels: list[Channel]) -> Mapping[str, Tested]:
    """Return what has come so far of a test that was asked for, by channel."""
    since = max((each.at for each in log.asked if each.fact.id == asked), default=None)
    tests = {each.name: log.tests.get((officer.post, each.name)) for each in channels}
    return {
        name: tested
        for name, tested in tests.items()
        if tested is not None and since is not None and tested.at >= since
    }


async def give_back(
    settings: Settings, roster: Roster, code: str, *, by: str, at: datetime, posts: frozenset[str] | None = None
) -> ChannelTested:
    """Find a test by its code among what was sent in the last two days, and say that it was answered.

    `posts`: for whom this may be said; None for every officer of the body.

    Raises:
        RefusedError: there is no such test, or its channel is gone.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    history = History(settings, roster.rota.body)
    try:
        ledger = await history.look(at)
    finally:
        await history.close()
    officer, channel = way_of(roster, ledger, code, posts)
    fact = tested(settings, roster.rota.body, (officer, channel), "answered", None, by=by, at=at)
    await publish_fact(settings, fact)
    return fact


def way_of(roster: Roster, ledger: Ledger, code: str, posts: frozenset[str] | None = None) -> tuple[Officer, Channel]:
    """Return the officer and the channel to which a code went last.

    Raises:
        RefusedError: there is no such test, or its channel is gone.
    """
    said = code.strip().upper().removeprefix("A").strip()
    tests = [each for each in ledger.all() if each.is_test and (posts is None or each.post in posts)]
    notice = next((each for each in reversed(tests) if each.code == said), None)
    if notice is None:
        raise RefusedError(
            Refusal.UNKNOWN_CODE,
            f"no test of {roster.rota.body} in the last two days has the code {said[:20]!r}",
            "Look at the message again; an alert is answered with `cbrn ack`.",
        )
    officer = officer_of(roster, notice.post)
    channel = None if notice.channel is None else officer.channel(notice.channel)
    if channel is None:
        gone = f"{notice.post} no longer has the channel {notice.channel}"
        raise RefusedError(Refusal.CHANNEL_GONE, gone, "Test again: `cbrn shift test`.")
    return officer, channel


def tested(
    settings: Settings,
    body: str,
    way: tuple[Officer, Channel],
    outcome: Outcome,
    why: Why | None,
    *,
    by: str,
    at: datetime,
) -> ChannelTested:
    """Make the statement of what came of a channel's test; nothing is written yet.

    Raises:
        ShiftError: it cannot be stated so.
    """
    officer, channel = way
    about = {"channel": channel.name, "kind": channel.kind, "check": channel.check, "outcome": outcome}
    reason = {} if why is None else {"why": why}
    return state_fact(ChannelTested, **_named(settings, body, at), post=officer.post, by=by, **about, **reason)


def _named(settings: Settings, body: str, at: datetime) -> dict[str, Any]:
    return {"id": f"{body}.{uuid.uuid4().hex[:20]}", "realm": settings.realm, "body": body, "at": at}
