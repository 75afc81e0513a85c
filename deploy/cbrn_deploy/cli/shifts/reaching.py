"""`cbrn shift test`: each channel of an officer tried before it is needed."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import UsageError
from cbrn_deploy.cli.printing import json_text
from cbrn_deploy.cli.shifts.options import BodyOption, ByOption, body_of, first_post, officer_of, roster_of

if TYPE_CHECKING:
    from cbrn_consumers.rota import Roster
    from cbrn_consumers.rota.channel_tests import Probe, Sender
    from cbrn_schemas.officers import Channel, ChannelKind, Officer
    from cbrn_schemas.shift import ShiftFact


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
) -> None:
    """Test each channel of an officer: a code goes out, the officer gives it back, the result is recorded.

    Without senders on this machine you are asked to send it by hand and to enter what came back. Status 1 where no
    channel was answered.
    """
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    roster = roster_of(call, body_of(call, body))
    officer = officer_of(roster, post or first_post(roster))
    channels = [each for each in officer.channels if channel in {None, each.name}]
    if not channels:
        named = ", ".join(each.name for each in officer.channels) or "none"
        raise UsageError(f"{officer.post} has no such channel", f"Its channels are: {named}.")
    facts = call.run(_tested(call, roster, officer, channels, by))
    for fact in facts:
        if call.as_json:
            print(json_text(fact.model_dump(mode="json", exclude_none=True)))
        else:
            ShiftScreen(roster, None, call.language).said(fact)
    if not any(getattr(fact, "outcome", None) == "answered" for fact in facts):
        raise typer.Exit(EXIT_FAILED)


async def _tested(
    call: Invocation, roster: Roster, officer: Officer, channels: list[Channel], by: str
) -> list[ShiftFact]:
    import uuid

    from cbrn_consumers.rota.channel_tests import message_for, new_code, try_channels
    from cbrn_consumers.rota.reader import publish_fact
    from cbrn_schemas.shift import ChannelTested, state_fact

    code = roster.rota.body
    facts: list[ShiftFact] = []

    def fact_of(channel: Channel, outcome: str, why: str | None) -> ShiftFact:
        return state_fact(
            ChannelTested,
            id=f"{code}.{uuid.uuid4().hex[:20]}",
            realm=call.realm,
            body=code,
            post=officer.post,
            by=by,
            at=datetime.now(UTC),
            channel=channel.name,
            kind=channel.kind,
            check=channel.check,
            outcome=outcome,
            **({} if why is None else {"why": why}),
        )

    fact_of(channels[0], "answered", None)  # who has mistyped a name need not send anything
    made = senders(call)
    tried = await try_channels(officer, channels, made, lambda: message_for(officer, code, call.realm, new_code()))
    for channel, result in tried:
        facts.append(fact_of(channel, *result))
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
