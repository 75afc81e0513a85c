"""`cbrn seen`, `ack`, `accept`, `decline`, `enroute`, `note`, `handover`, `close`: what a body answers to an alert.

One command, eight acts. Each is done once Kafka holds the receipt, and says which event it speaks of.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import UsageError, body_code
from cbrn_deploy.cli.printing import console, json_text, shown
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.standing import Answer, PartyStanding
    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.receipt import Act
    from cbrn_schemas.settings import Settings

SituationArgument = Annotated[
    str, typer.Argument(metavar="SITUATION", help="Its name, as `cbrn inbox` shows it: KG-2026-minkush.")
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="BODY",
        help="The body that answers.  [default: CBRN_BODY]",
        show_default=False,
        autocompletion=complete_bodies,
    ),
]
ByOption = Annotated[str, typer.Option("--by", metavar="PERSON", help="Who answers: post and surname.")]
OPTIONS: Final = {
    "reason": Annotated[str | None, typer.Option(metavar="TEXT", help="Why.", show_default=False)],
    "note": Annotated[str | None, typer.Option(metavar="TEXT", help="What else is to be known.", show_default=False)],
    "to": Annotated[
        str | None, typer.Option(metavar="PERSON", help="Who has it from now on: post and surname.", show_default=False)
    ],
}
NAMES_MAX: Final = 5_000
"""Names that a misspelt one is held against: a second at the most, and only where nothing was found."""


def answer_command(act: Act, doc: str, *options: str) -> Callable[..., None]:
    """Make the command that gives one kind of receipt; `doc` is its help."""

    def command(
        call: Invocation, situation: SituationArgument, *, body: AsOption = None, by: ByOption, **said: Any
    ) -> None:
        given = {"text" if name == "note" else name: value for name, value in said.items() if value is not None}
        try:
            done = call.run(_answer(call.settings, act, situation, _body(call, body), {"by": by, **given}))
        except BusError as error:
            if not error.bad_input:  # no broker, no right: not what was given
                raise
            raise call.refused(error) from error
        _show(done, call)

    command.__doc__ = doc
    whole = inspect.signature(command, eval_str=True)
    own = [each for each in whole.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=OPTIONS[name])
        for name in options
    ]
    vars(command)["__signature__"] = inspect.Signature([*own, *more])
    return Invocation.takes("realm", "servers", "lang", "json")(command)


COMMANDS: Final = {
    "seen": answer_command("seen", "Say that a person has looked at it. It answers nothing.", "note"),
    "ack": answer_command("acknowledged", "Say that a person of the body has the alert.", "note"),
    "accept": answer_command("accepted", "Say that the body acts on it.", "note"),
    "decline": answer_command("declined", "Say that the body does not act on it, and why.", "reason", "note"),
    "enroute": answer_command("en-route", "Say that the body's people are on their way.", "note"),
    "note": answer_command("note", "Note something for all who look at the standing. It answers nothing.", "note"),
    "handover": answer_command("handed-over", "Hand it over to another person of the body.", "to", "note"),
    "close": answer_command("closed", "Say that the body has nothing more to do.", "reason", "note"),
}
"""By name of the command."""


class _Done(NamedTuple):
    """A receipt that Kafka holds, and what it speaks of."""

    answer: Answer
    alert: Alert
    party: PartyStanding | None
    """Where the body stands with it; None where it was only asked in another's place."""


def _body(call: Invocation, given: str | None) -> str:
    from cbrn_schemas.catalogue.bodies import bodies

    text = given or call.settings.body
    if not text:
        raise UsageError(
            "for which body do you answer?", "Give its code with --as, such as --as moh, or set CBRN_BODY for good."
        )
    code = body_code(text)
    if not bodies()[code].receives:
        raise UsageError(f"{code} is told of nothing on this bus, so it has nothing to answer", "Give your own body.")
    return code


async def _answer(settings: Settings, act: Act, situation: str, body: str, said: dict[str, Any]) -> _Done:
    import unicodedata
    import uuid
    from datetime import UTC, datetime

    from cbrn_consumers.answering import Answers, receipt_for
    from cbrn_consumers.errors import ClosedSituationError
    from cbrn_consumers.standing.reader import read_situation
    from cbrn_schemas.receipt import give

    situation, at = unicodedata.normalize("NFC", situation), datetime.now(UTC)
    fields = {"id": f"{body}.{uuid.uuid4().hex[:20]}", "realm": settings.realm, "body": body, "at": at, **said}
    # Checked before anything is read: who has forgotten the reason need not wait.
    give(situation=situation, act=act, event={"source": "/-", "id": "-"}, **fields)
    read = await read_situation(settings, situation, [body], delivered=False)
    party = _party(read, situation, body)
    if party is None:  # asked in another body's place, and never told itself
        asked = read.alarms[body]
        async with Answers(body, settings=settings) as answers:
            return _Done(await answers.write(receipt_for(asked, act, **fields)), asked, None)
    alert = read.latest
    assert alert is not None, "who was told was told by an alert"
    if (closed := party.closed) is not None:
        raise ClosedSituationError(
            f"{body} has closed {situation}: {closed.receipt.by}, {_moment(closed.at)}",
            hint="Nothing has changed since, so nothing is written. An alert that changes something opens it again.",
        )
    version = next(number for number, one in enumerate(party.versions, 1) if one.event == alert.identity[:2])
    receipt = receipt_for(alert, act, version=version, **fields)
    async with Answers(body, settings=settings) as answers:
        answer = await answers.write(receipt)
    read.standings.take(answer)
    return _Done(answer, alert, _party(read, situation, body))


def _party(read: Read, situation: str, body: str) -> PartyStanding | None:
    standing = read.standings.of(situation)
    if standing is None:
        if body in read.alarms:
            return None
        raise unknown_situation(read, situation, body)
    (party,) = standing.parties
    return party


def unknown_situation(read: Read, situation: str, body: str | None = None) -> BusError:
    """Word that nobody, or not this body, was told of a situation of this name, and what may have been meant."""
    from cbrn_consumers.errors import UnknownSituationError
    from cbrn_schemas.catalogue.spelling import did_you_mean

    look = f"`cbrn inbox {body}` lists what it was told." if body else "`cbrn board` lists those that are open."
    who = "nobody" if body is None else body
    return UnknownSituationError(
        f"{who} was {'' if body is None else 'never '}told of a situation {situation}",
        hint=did_you_mean(situation, sorted(read.names)[-NAMES_MAX:], look),
    )


def _moment(moment: datetime) -> str:
    from cbrn_schemas.catalogue.written import local_time

    return local_time(moment, "%d.%m.%Y %H:%M:%S")


def _show(done: _Done, call: Invocation) -> None:
    from datetime import UTC, datetime

    if not call.as_json:
        _print(done, call.language)
        return
    from cbrn_consumers.standing.as_json import answer_json, party_json

    alert: dict[str, Any] = {"headline": done.alert.headline(call.language), "versions": None, "standing": None}
    if done.party is not None:
        alert |= {"versions": len(done.party.versions), "standing": party_json(done.party, datetime.now(UTC))}
    print(json_text(answer_json(done.answer) | alert))


def _print(done: _Done, lang: Language) -> None:
    """Say what the bus holds now: the act and its time, of what, by whom; and what is still asked for."""
    from rich.padding import Padding

    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.marks import marked

    receipt, party, out = done.answer.receipt, done.party, console()
    act = word("act", receipt.act, lang).capitalize()
    # Names and ids are there to be copied: they stand in one piece.
    out.print(shown(f"{act}: {receipt.situation}", "bold"), soft_wrap=True)
    event = f"{word('ui', 'event-id', lang)}: {receipt.event.id} ({receipt.event.source})"
    out.print(shown(f"  {event}"), soft_wrap=True)
    said = [
        done.alert.headline(lang) if party is None else marked(party.latest.headline(lang), party.latest, lang),
        *([f"{word('ui', 'version', lang)}: {receipt.version}"] if receipt.version else []),
        f"{word('ui', 'author', lang)}: {receipt.by} ({body_name(receipt.body, lang)})",
        f"{word('ui', 'time', lang)}: {_moment(done.answer.at)} ({word('ui', 'bus-time', lang)})",
    ]
    given = {("ui", "to"): receipt.to, ("ui", "reason"): receipt.reason, ("act", "note"): receipt.text}
    said += [f"{word(*name, lang)}: {text}" for name, text in given.items() if text]
    ask = None if party is None else party.open_ask
    if ask is not None:
        said.append(f"{word('ui', 'deadline', lang)}: {_moment(ask.due)}")
    for text in said:
        out.print(Padding(shown(text), (0, 0, 0, 2), expand=False))
