"""`cbrn publish`: events from files onto the bus, each with its answer."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.completion import complete_event_files
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import PublisherOption, body_code, content_of
from cbrn_deploy.cli.printing import console, json_text, print_warnings, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cbrn_producers.files import Accepted, FileEvent, Ready, Refusal
    from cbrn_producers.outgoing import Sender
    from cbrn_routing.doubts import EventWarning
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings


@Invocation.takes("realm", "servers", "lang", "json")
def publish(
    call: Invocation,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON event, array or lines, or YAML; - reads standard input.",
            autocompletion=complete_event_files,
        ),
    ],
    *,
    body: PublisherOption,
    system: Annotated[
        str | None, typer.Option(help="Post or program that speaks for the body.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; nothing is sent.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what the bus would carry with a warning.")] = False,
) -> None:
    """Publish the events in FILE... as BODY.

    Each event is checked and answered for by itself: the good ones are published, and each one refused is named with
    file:line, field and remedy, before a broker is asked. What is merely doubtful is published, and its warnings are
    said. The exit status is 1 if any was refused. An event without an id gets one from its bytes, so publishing a file
    again counts each event once. A structured CloudEvent keeps its id, source, time and extensions.
    """
    from cbrn_producers.files import Ready, Refusal, check_events, prepare_events
    from cbrn_producers.outgoing import Sender, check_sender

    settings = call.settings
    sender = Sender(body_code(body), system, settings.realm)
    check_sender(sender)
    answers = _Answers(as_json=call.as_json, dry_run=dry_run, lang=call.language)
    if dry_run:
        answers.say(check_events(_read(files), sender, lang=call.language, strict=strict))
    else:
        prepared = list(prepare_events(_read(files), sender, lang=call.language, strict=strict))
        if any(isinstance(found, Ready) for found in prepared):
            _publish(call, sender, prepared, answers)
        else:
            answers.say(found for found in prepared if isinstance(found, Refusal))
    answers.end()


def _publish(call: Invocation, sender: Sender, prepared: Sequence[Ready | Refusal], answers: _Answers) -> None:
    """Publish what is ready. A person hears what is refused before a broker is waited for.

    A machine reads the answers in the order of the events; it hears of what is refused even where no broker answers.
    """
    from cbrn_producers.files import Ready, Refusal

    refused = [found for found in prepared if isinstance(found, Refusal)]
    if not answers.as_json:
        answers.say(refused)
        prepared = [found for found in prepared if isinstance(found, Ready)]
    try:
        outcomes = call.run(_published(call.settings, sender, prepared))
    except Exception:
        if answers.as_json:
            answers.say(refused)
        raise
    answers.say(outcomes)


async def _published(
    settings: Settings, sender: Sender, prepared: Sequence[Ready | Refusal]
) -> list[Accepted | Refusal]:
    from cbrn_producers import Agency
    from cbrn_producers.files import publish_prepared
    from cbrn_routing.bus.reach import reach

    await reach(settings)
    async with Agency(sender.body, system=sender.system, settings=settings) as agency:
        return await publish_prepared(agency, prepared)


def _read(files: list[str]) -> Iterator[FileEvent | Refusal]:
    from cbrn_producers.files import read_events

    for name in files:
        yield from read_events("(stdin)" if name == "-" else name, content_of(name))


class _Answers:
    """What is said of each event, and how many were refused."""

    def __init__(self, *, as_json: bool, dry_run: bool, lang: Language) -> None:
        self.as_json = as_json
        self._lang = lang
        self._done = "would-be-published" if dry_run else "published"
        self._accepted = self._refused = self._doubtful = 0

    def say(self, outcomes: Iterable[Accepted | Refusal]) -> None:
        """Say each outcome, and keep none of it back."""
        from cbrn_producers.files import Refusal

        out = console()
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                self._refused += 1
            else:
                self._accepted += 1
                self._doubtful += bool(outcome.warnings)
            if self.as_json:
                print(json_text(_as_json(outcome)))
            else:
                print(_sentence(outcome, self._lang))
                print_warnings(out, _warnings(outcome), self._lang)
        sys.stdout.flush()

    def end(self) -> None:
        """Say how many there were; end the command with status 1 if any was refused."""
        if not self.as_json:
            from cbrn_schemas.catalogue.words import word

            counts = {self._done: self._accepted, "refused": self._refused}
            if self._doubtful:
                counts["with-warnings"] = self._doubtful
            print(", ".join(f"{count} {word('published', name, self._lang)}" for name, count in counts.items()))
        if self._refused:
            raise typer.Exit(EXIT_FAILED)


def _sentence(outcome: Accepted | Refusal, lang: Language) -> str:
    from cbrn_producers.files import Refusal
    from cbrn_schemas.catalogue.words import word

    place = printable(str(outcome.place))
    if isinstance(outcome, Refusal):
        refused = word("published", "refused", lang)
        return f"{place}: {refused}: {printable(str(outcome.error))}\n    {printable(outcome.error.hint)}"
    if outcome.receipt is None:
        return f"{place}: {word('published', 'good', lang)}, id {printable(outcome.id)}"
    receipt = outcome.receipt
    where = f"{receipt.topic}/{receipt.partition}/{receipt.offset}"
    return f"{place}: {word('published', 'published', lang)}, id {printable(outcome.id)}, {where}"


def _warnings(outcome: Accepted | Refusal) -> tuple[EventWarning, ...]:
    from cbrn_producers.errors import DoubtfulEventError
    from cbrn_producers.files import Accepted

    if isinstance(outcome, Accepted):
        return outcome.warnings
    return outcome.error.warnings if isinstance(outcome.error, DoubtfulEventError) else ()


def _as_json(outcome: Accepted | Refusal) -> dict[str, Any]:
    from cbrn_producers.files import Accepted

    if isinstance(outcome, Accepted):
        return outcome.place._asdict() | outcome.as_json()
    said, warnings = outcome.error.as_json(), [each.as_json() for each in _warnings(outcome)]
    return {**outcome.place._asdict(), "warnings": warnings, "error": said.pop("message"), **said}
