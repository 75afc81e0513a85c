"""`cbrn shift test` and `answer`: each channel of an officer tried before it is needed, and the code given back."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import span
from cbrn_deploy.cli.printing import complain, json_text
from cbrn_deploy.cli.shifts.options import BodyOption, ByOption, body_of, roster_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.rota import Roster
    from cbrn_consumers.rota.channel_tests import Probe, Sender
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
    from cbrn_consumers.shifts import first_post, officer_of
    from cbrn_consumers.shifts.reaching import channels_of
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    roster = roster_of(call, body_of(call, body))
    officer = officer_of(roster, post or first_post(roster, datetime.now(UTC)))
    channels = channels_of(officer, channel)

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
    from cbrn_consumers.shifts.reaching import give_back
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    roster = roster_of(call, body_of(call, body))
    fact = call.run(give_back(call.settings, roster, code, by=by, at=datetime.now(UTC)))
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

    from cbrn_consumers.rota.reader import read_log
    from cbrn_consumers.shifts.reaching import ask_test, results_of

    code = roster.rota.body
    asked = await ask_test(call.settings, code, officer.post, channel, by=by, at=datetime.now(UTC))
    latest: dict[str, ChannelTested] = {}
    began = time.monotonic()
    while (waited := time.monotonic() - began) < wait_s:
        log = await read_log(call.settings, code)
        for name, tested in results_of(log, asked.id, officer, channels).items():
            if latest.get(name) == tested.fact:
                continue
            if tested.fact.outcome == "sent" and not latest:
                complain(
                    "codes are on their way", f"By SMS answer «A CODE»; else: cbrn shift answer CODE --body {code}"
                )
            latest[name] = tested.fact
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


async def _tested(
    call: Invocation, roster: Roster, officer: Officer, channels: list[Channel], by: str
) -> list[ChannelTested]:
    from cbrn_consumers.rota.channel_tests import Tried, message_for, new_code, try_channels
    from cbrn_consumers.rota.reader import publish_fact
    from cbrn_consumers.shifts.reaching import tested

    code = roster.rota.body
    facts: list[ChannelTested] = []

    def fact_of(channel: Channel, result: Tried) -> ChannelTested:
        way = officer, channel
        return tested(call.settings, code, way, result.outcome, result.why, by=by, at=datetime.now(UTC))

    fact_of(channels[0], Tried("answered", None))  # who has mistyped a name need not send anything
    made = senders(call)
    tried = await try_channels(officer, channels, made, lambda: message_for(officer, code, call.realm, new_code()))
    for channel, result in tried:
        facts.append(fact_of(channel, result))
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
