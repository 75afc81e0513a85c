"""`cbrn shift test` and `answer`: each channel of an officer tried before it is needed, and the code given back."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import UsageError, span
from cbrn_deploy.cli.printing import complain, json_text
from cbrn_deploy.cli.shifts.options import BodyOption, ByOption, body_of, first_post, officer_of, roster_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.rota import Roster
    from cbrn_consumers.rota.channel_tests import Probe, Sender, Tried
    from cbrn_schemas.officers import Channel, ChannelKind, Officer
    from cbrn_schemas.shift import ChannelTested

HEARD_WITHIN_S: Final = 30.0
"""Notify looks at what is asked every ten seconds; then nobody sends for this body."""
LOOKED_AT_EVERY_S: Final = 1.0
OVER: Final = frozenset({"answered", "failed"})


@Invocation.takes("realm", "servers", "lang", "json")
def try_officer(
    call: Invocation,
    *,
    by: ByOption,
    body: BodyOption = None,
    post: Annotated[
        str | None, typer.Option(metavar="POST", help="Whose channels.  [default: who is first, or next]")
    ] = None,
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="Only this.  [default: all]")] = None,
    wait: Annotated[str, typer.Option(metavar="TIME", help="How long to wait for the officer's answers.")] = "5m",
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="You send the codes yourself, and enter what came back.")
    ] = False,
) -> None:
    """Try each channel of an officer: a code goes out, the officer gives it back, the result is recorded.

    `cbrn run notify` of the body sends the codes. By SMS the reply «A 4821» is the answer; a code that came otherwise
    is given back with `cbrn shift answer`. Status 1 where no channel was answered.
    """
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    roster = roster_of(call, body_of(call, body))
    officer = officer_of(roster, post or first_post(roster))
    channels = [each for each in officer.channels if channel in {None, each.name}]
    if not channels:
        named = ", ".join(each.name for each in officer.channels) or "none"
        raise UsageError(f"{officer.post} has no such channel", f"Its channels are: {named}.")

    def tell(fact: ChannelTested, *, waiting: bool = False) -> None:
        if call.as_json:
            print(json_text(fact.model_dump(mode="json", exclude_none=True)), flush=True)
        else:
            ShiftScreen(roster, None, call.language).said(fact, waiting=waiting)

    if by_hand:
        facts: Sequence[ChannelTested] = call.run(_tested(call, roster, officer, channels, by))
        for fact in facts:
            tell(fact)
    else:
        facts = call.run(
            _sent(call, roster, officer, channels, channel, by=by, wait_s=span(wait).total_seconds(), tell=tell)
        )
    if not any(getattr(fact, "outcome", None) == "answered" for fact in facts):
        raise typer.Exit(EXIT_FAILED)


@Invocation.takes("realm", "servers", "lang", "json")
def answer(
    call: Invocation,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The four digits that came over the channel.")],
    *,
    by: ByOption,
    body: BodyOption = None,
) -> None:
    """Give back the code of a test: the channel over which it came reaches you."""
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    roster = roster_of(call, body_of(call, body))
    fact = call.run(_given_back(call, roster, code.strip().upper().removeprefix("A").strip(), by))
    if call.as_json:
        print(json_text(fact.model_dump(mode="json", exclude_none=True)))
    else:
        ShiftScreen(roster, None, call.language).said(fact)


async def _sent(
    call: Invocation,
    roster: Roster,
    officer: Officer,
    channels: list[Channel],
    channel: str | None,
    *,
    by: str,
    wait_s: float,
    tell: Any,
) -> list[ChannelTested]:
    """Ask for a test, and tell what comes of it until all is known; return the latest of each channel."""
    import asyncio
    import time

    from cbrn_consumers.rota.reader import publish_fact, read_log
    from cbrn_schemas.shift import ChannelTestAsked

    code = roster.rota.body
    asked = _stated(
        call, ChannelTestAsked, code, post=officer.post, by=by, **({} if channel is None else {"channel": channel})
    )
    await publish_fact(call.settings, asked)
    latest: dict[str, ChannelTested] = {}
    began = time.monotonic()
    while (waited := time.monotonic() - began) < wait_s:
        log = await read_log(call.settings, code)
        since = max((each.at for each in log.asked if each.fact.id == asked.id), default=None)
        for each in channels:
            tested = log.tests.get((officer.post, each.name))
            if tested is None or since is None or tested.at < since or latest.get(each.name) == tested.fact:
                continue
            if tested.fact.outcome == "sent" and not latest:
                complain(
                    "codes are on their way", f"By SMS answer «A CODE»; else: cbrn shift answer CODE --body {code}"
                )
            latest[each.name] = tested.fact
            tell(tested.fact, waiting=True)
        if len(latest) == len(channels) and {each.outcome for each in latest.values()} <= OVER:
            break
        if not latest and waited > HEARD_WITHIN_S:
            complain(
                f"nobody sends for {code}: `cbrn run notify --body {code}` does not run, or reads other files",
                "Start it and try again, or send the codes yourself: --by-hand.",
            )
            break
        await asyncio.sleep(LOOKED_AT_EVERY_S)
    for fact in latest.values():
        if fact.outcome == "sent":
            tell(fact)
    return list(latest.values())


async def _given_back(call: Invocation, roster: Roster, code: str, by: str) -> ChannelTested:
    """Find the test by its code among what was sent in the last two days, and say that it was answered."""
    from cbrn_consumers.notify.history import History
    from cbrn_consumers.rota.channel_tests import Tried
    from cbrn_consumers.rota.reader import publish_fact

    body = roster.rota.body
    history = History(call.settings, body)
    try:
        await history.read(datetime.now(UTC))
    finally:
        await history.close()
    notice = next((each for each in reversed([*history.ledger.all()]) if each.is_test and each.code == code), None)
    if notice is None:
        raise UsageError(
            f"no test of {body} in the last two days has the code {code[:20]!r}",
            "Look at the message again; an alert is answered with `cbrn ack`.",
        )
    officer = officer_of(roster, notice.post)
    channel = None if notice.channel is None else officer.channel(notice.channel)
    if channel is None:
        raise UsageError(f"{notice.post} no longer has the channel {notice.channel}", "Test again: `cbrn shift test`.")
    fact = _of_channel(call, body, (officer, channel), by, Tried("answered", None))
    await publish_fact(call.settings, fact)
    return fact


def _stated(call: Invocation, model: Any, code: str, **said: Any) -> Any:
    import uuid

    from cbrn_schemas.shift import state_fact

    named = {"id": f"{code}.{uuid.uuid4().hex[:20]}", "realm": call.realm, "body": code, "at": datetime.now(UTC)}
    return state_fact(model, **named, **said)


def _of_channel(call: Invocation, body: str, way: tuple[Officer, Channel], by: str, result: Tried) -> ChannelTested:
    from cbrn_schemas.shift import ChannelTested

    officer, channel = way
    about = {"channel": channel.name, "kind": channel.kind, "check": channel.check, "outcome": result.outcome}
    why = {} if result.why is None else {"why": result.why}
    fact: ChannelTested = _stated(call, ChannelTested, body, post=officer.post, by=by, **about, **why)
    return fact


async def _tested(
    call: Invocation, roster: Roster, officer: Officer, channels: list[Channel], by: str
) -> list[ChannelTested]:
    from cbrn_consumers.rota.channel_tests import Tried, message_for, new_code, try_channels
    from cbrn_consumers.rota.reader import publish_fact

    code = roster.rota.body
    facts: list[ChannelTested] = []
    _of_channel(
        call, code, (officer, channels[0]), by, Tried("answered", None)
    )  # who has mistyped a name need not send anything
    made = senders(call)
    tried = await try_channels(officer, channels, made, lambda: message_for(officer, code, call.realm, new_code()))
    for channel, result in tried:
        facts.append(_of_channel(call, code, (officer, channel), by, result))
        await publish_fact(call.settings, facts[-1])
    return facts


def senders(call: Invocation) -> dict[ChannelKind, Sender]:
    """Return who sends by which kind of channel: the person at this console, by each."""
    from cbrn_consumers.rota.channel_tests import ConsoleSender
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.officers import CHANNEL_KINDS

    def ask(officer: Officer, channel: Channel, message: Probe) -> str | None:
        kind = word("channel", channel.kind, call.language)
        typer.echo(f"{officer.title} ({officer.post}), {channel.name} ({kind}):", err=True)
        typer.echo(f"  {message.text}", err=True)
        try:
            return str(typer.prompt("  A", default="", show_default=False, err=True))
        except typer.Abort:
            return None

    console = ConsoleSender(ask)
    return dict.fromkeys(CHANNEL_KINDS, console)
