"""`cbrn explain`: why a body was told of an event, or why it was not; from the decision and the book that made it."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.completion import complete_bodies, complete_books, complete_event_files
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import BOOK_HELP, UsageError, body_code, content_of
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from cbrn_consumers.decisions import Subject
    from cbrn_routing.explain import Explanation, WhyNot
    from cbrn_routing.rulebook import RuleBook


@Invocation.takes("realm", "servers", "lang", "json")
def explain(
    call: Invocation,
    event: Annotated[
        str | None,
        typer.Argument(
            metavar="EVENT",
            help="File with an event (decided now; JSON or YAML) or a decision record of bus.decisions; - reads stdin.",
            autocompletion=complete_event_files,
            show_default=False,
        ),
    ] = None,
    *,
    why_not: Annotated[
        str | None,
        typer.Option(
            "--why-not",
            metavar="BODY",
            help="Say why this body was not told.",
            autocompletion=complete_bodies,
            show_default=False,
        ),
    ] = None,
    from_bus: Annotated[
        str | None,
        typer.Option(
            "--from-bus",
            metavar="ID",
            help="Look the newest decision up on the bus, by the event's id or its situation.",
            show_default=False,
        ),
    ] = None,
    rulebook: Annotated[
        str | None,
        typer.Option("--book", "--rulebook", metavar="BOOK", help=BOOK_HELP, autocompletion=complete_books),
    ] = None,
) -> None:
    """Say why each body was told of EVENT: the rules that named it, what in the event met them, and by which law.

    With --why-not, every rule that could have named the body, the nearest first, and what stood in its way. It needs no
    broker, but for --from-bus.
    """
    from cbrn_consumers.decisions import explained
    from cbrn_routing.decision_record import DecisionRecordError
    from cbrn_schemas.errors import InvalidEventError

    if (event is None) is (from_bus is None):
        raise UsageError("give an EVENT or --from-bus ID, one of them", "`cbrn explain --help` shows how.")
    body = None if why_not is None else body_code(why_not)
    try:
        book, subject = _found(event, from_bus, rulebook, call)
    except (InvalidEventError, DecisionRecordError) as error:
        raise call.refused(error) from None
    explainer, explanation = explained(book, subject)
    not_told = None if body is None else explainer.why_not(body, explanation)
    if call.as_json:
        print(json_text(explanation_json(subject, explanation, not_told)))
        return
    from cbrn_deploy.cli.events.explain_screen import show_explanation, show_why_not

    if not_told is None:
        show_explanation(subject, explanation, call.language)
    else:
        show_why_not(subject, explanation, not_told, call.language)


def explanation_json(subject: Subject, explanation: Explanation, why_not: WhyNot | None) -> dict[str, Any]:
    """Return the explanation for machines."""
    from cbrn_schemas.records import rfc3339

    return {
        "event": subject.name,
        "key": subject.key,
        "kind": subject.kind,
        "decided": None if subject.record is None else rfc3339(subject.record.decided),
        "signed_by": None if subject.record is None else subject.record.signed_by,
        **explanation.as_json(),
        "why_not": None if why_not is None else why_not.as_json(explanation.on),
    }


def _found(
    source: str | None, from_bus: str | None, rulebook: str | None, call: Invocation
) -> tuple[RuleBook, Subject]:
    """Find the rule book and what it decided, or is to decide."""
    from cbrn_consumers.decisions import decided_on_the_bus, is_decision, of_event, of_record, one_event
    from cbrn_consumers.rulebooks.finding import NATIONAL
    from cbrn_routing.decision_record import read_decision
    from cbrn_routing.explain import check_book

    if from_bus is not None:
        record, data, others = call.run(decided_on_the_bus(from_bus, call.settings))
        name = rulebook or record.rulebook  # the very book, wherever it is
        book = call.book(name).book
        check_book(record, book)
        return book, of_record(record, data, others)
    assert source is not None
    content = content_of(source)
    # What is wrong needs no broker.
    read = read_decision(content) if is_decision(content) else one_event(content, source)
    book = call.book(rulebook or NATIONAL).book
    if isinstance(read, tuple):
        return book, of_event(*read, book)
    check_book(read, book)
    return book, of_record(read, None, 0)
