"""`cbrn duties`: what the country owes to others, by when, with its draft; released and answered by named persons.

Nothing here speaks to anybody abroad: a release records who released which draft, and when.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation
from cbrn_deploy.cli.parameters import SignersOption, UsageError, body_code
from cbrn_deploy.cli.person import BodyOption, KeyOption, person, trust_of
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from cbrn_consumers.deciding import Person
    from cbrn_routing.activation import Trust
    from cbrn_routing.duties import DutyState, Said
    from cbrn_schemas.settings import Settings

SIGN_HINT: Final = "Set CBRN_RULEBOOK_SIGNERS, here and for `cbrn run duties`, and sign with --key."

app = App("Duties to other states and organisations: list, show, release.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="<situation>/<rule>, as the list shows it.")]


@app.command("list")
@Invocation.takes("realm", "servers", "lang", "json")
def list_duties(
    call: Invocation,
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Those that wait for a person (the default).")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Those whose time has run out.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also those released and answered.")] = False,
    body: Annotated[
        str | None,
        typer.Option(
            "--body",
            metavar="BODY",
            help="Those that this national body answers for.",
            autocompletion=complete_bodies,
        ),
    ] = None,
    signers: SignersOption = None,
) -> None:
    """List duties, the most urgent first. What no source confirms is shown as such.

    Those that are released or answered come back where a later report says more, or takes it back.
    """
    from cbrn_consumers.duties import read_log
    from cbrn_deploy.cli.duties.screen import print_list

    if everything and (open_only or overdue):
        raise UsageError("--all goes with neither --open nor --overdue", "Choose one of them.")
    body = None if body is None else body_code(body)
    now = datetime.now(UTC)
    states = [
        state
        for state in call.run(read_log(call.settings, trust_of(call.settings, signers))).known
        if (everything or state.open or state.superseded)
        and (not overdue or state.is_overdue(now))
        and (body is None or body in state.duty.national_bodies)
    ]
    states.sort(key=lambda state: (state.limit() or ("", datetime.max.replace(tzinfo=UTC)))[1])
    if call.as_json:
        for state in states:
            print(json_text(duty_json(state, now)))
    else:
        print_list(states, now, call.language)


@app.command("show")
@Invocation.takes("realm", "servers", "lang", "json")
def show_duty(
    call: Invocation,
    identifier: IdArgument,
    *,
    draft: Annotated[
        Literal["en", "ru", "ky"] | None,
        typer.Option("--draft", help="Print the draft in this language, nothing else."),
    ] = None,
    signers: SignersOption = None,
) -> None:
    """Show one duty: what it asks, of whom, by when, on which facts, and how far it has come."""
    from cbrn_consumers.duties import find_duty, read_log
    from cbrn_consumers.errors import DutyRefusedError
    from cbrn_deploy.cli.duties.screen import print_duty

    state = find_duty(call.run(read_log(call.settings, trust_of(call.settings, signers))), identifier)
    found = state.released_draft or state.draft
    written = {} if found is None else found.written
    if call.as_json:
        print(json_text(duty_json(state, datetime.now(UTC)) | {"draft": written}))
    elif draft is None:
        print_duty(state, call.language)
    elif not written:
        raise DutyRefusedError(f"{identifier} has no draft yet", hint="Is `cbrn run duties` running? It writes drafts.")
    elif draft not in written:
        raise DutyRefusedError(
            f"the draft of {identifier} is older than drafts in this language", hint="Read it with --draft ru or en."
        )
    else:
        for line in written[draft].splitlines():
            print(printable(line))


@app.command("release")
@Invocation.takes("realm", "servers", "json")
def release_duty(
    call: Invocation,
    identifier: IdArgument,
    *,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="PERSON", help="Who releases it: name and post. With --key it is the key's."),
    ] = None,
    key: KeyOption = None,
    body: BodyOption = None,
    digest: Annotated[
        str | None,
        typer.Option("--draft", metavar="DIGEST", help="The draft that you read: refused if it is another by now."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="What should be remembered with it.")] = None,
    signers: SignersOption = None,
) -> None:
    """Release a draft in your name. It records that; it sends nothing: the focal point does, by its own channel.

    The decision stands on your body's own topic; the clerk (`cbrn run duties`) applies it, and its answer is shown.
    Where the national security body leads, two different persons must release the same draft. Where this machine has a
    trust file, a release must be signed with a key of it; without one the name alone is on record: it is shown apart as
    unverified, counts with nobody, and the command ends with status 1.
    """
    from cbrn_consumers.duties import release

    settings = call.settings
    trust = trust_of(settings, signers)
    who = _person(settings, trust, by, key=key, body=body, signers=signers)
    state = call.run(release(settings, identifier, who, now=datetime.now(UTC), note=note, digest=digest, trust=trust))
    done = f"{who.name} has released {identifier}"
    missing = f"{len(state.released)} of {state.duty.persons} persons: another one must release the same draft"
    _conclude(call, state, "released", who, f"{done}\n{missing}" if state.open else done)


@app.command("answer")
@Invocation.takes("realm", "servers", "json")
def answer_duty(
    call: Invocation,
    identifier: IdArgument,
    *,
    note: Annotated[str, typer.Option("--note", help="What was answered, or why nothing is due.")],
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="PERSON", help="Who records it: name and post. With --key it is the key's."),
    ] = None,
    key: KeyOption = None,
    body: BodyOption = None,
    signers: SignersOption = None,
) -> None:
    """Record that the addressee has answered, or that the duty was settled in another way.

    Where two different persons must release, and have not, two must settle it. Where this machine has a trust file, it
    is signed with the person's key; without one the name alone is on record, counts with nobody, and the command ends
    with status 1.
    """
    from cbrn_consumers.duties import answer

    settings = call.settings
    trust = trust_of(settings, signers)
    who = _person(settings, trust, by or getpass.getuser(), key=key, body=body, signers=signers)
    state = call.run(answer(settings, identifier, who, now=datetime.now(UTC), note=note, trust=trust))
    missing = f"{len(state.answered_by)} of {state.duty.persons} persons: another one must record it too"
    _conclude(call, state, "answered", who, missing if state.open else f"answered: {identifier}")


def duty_json(state: DutyState, now: datetime) -> dict[str, Any]:
    """Return a duty for machines. Times are RFC 3339 in UTC.

    `released` and `answered` hold what counts by this machine's trust file, `unverified` what does not, and why.
    """
    duty: dict[str, Any] = state.duty.model_dump(mode="json", exclude={"evidence"})
    written = state.released_draft or state.draft
    return duty | {
        "situation": state.duty.situation,
        "state": state.state.value,
        "overdue": state.is_overdue(now),
        "cancelled": state.cancelled,
        "superseded": state.superseded,
        "drafted_all": state.drafted_all,
        "draft_digest": None if written is None else written.digest,
        "form": None if written is None else written.form,
        "evidence": [each.model_dump(mode="json") for each in state.evidence],
        "notes": [each.model_dump(mode="json") for _, each in sorted(state.notes.items())],
        "released": [_said_json(each) for each in state.released],
        "answered": [_said_json(each) for each in state.answered],
        "unverified": [_said_json(each) for each in state.unverified],
        "decided": [each.model_dump(mode="json") for _, each in sorted(state.decided.items())],
        "alarmed": [each.model_dump(mode="json") for _, each in sorted(state.alarms.items())],
    }


def _said_json(said: Said) -> dict[str, Any]:
    from cbrn_schemas.records import rfc3339

    signer = None if said.signer is None else str(said.signer)
    why = None if said.why is None else said.why.value
    return said.record.model_dump(mode="json") | {"taken": rfc3339(said.taken), "signer": signer, "why": why}


def _conclude(call: Invocation, state: DutyState, act: Literal["released", "answered"], who: Person, done: str) -> None:
    """Say what has become of a decision that the clerk has applied; the command fails where it counts with nobody."""
    from cbrn_routing.duties import person_of
    from cbrn_schemas.catalogue.words import word

    if call.as_json:
        print(json_text(duty_json(state, datetime.now(UTC))))
    own = [each for each in state.said if each.record.type == act and each.person == person_of(who.name)]
    if own and own[-1].signer is not None:
        if not call.as_json:
            print("\n".join(printable(line) for line in done.splitlines()))
        return
    why = word("unverified", own[-1].why.value if own and own[-1].why else "name-only", "en")
    persons = "a signature" if state.duty.persons == 1 else f"the signatures of {state.duty.persons} different persons"
    complain(
        f"on record in the name of {who.name}, and it counts with nobody ({why}): {state.id} stays "
        f"«{word('duty_state', state.state.value, 'en')}»",
        f"Missing: {persons} by keys of the trust file. {SIGN_HINT}",
    )
    raise typer.Exit(EXIT_FAILED)


def _named(by: str) -> str:
    name = " ".join(by.split())
    if len(name) < 2:  # noqa: PLR2004 - a letter is no name
        raise UsageError("--by names nobody", "Give name and post, such as «A. Asanova, duty officer».")
    return name


def _person(
    settings: Settings, trust: Trust, by: str | None, *, key: Path | None, body: str | None, signers: Path | None
) -> Person:
    """Return who speaks; a name alone only where this machine knows of no keys."""
    if key is None and trust.signers:
        raise UsageError("a key is needed here, since this machine has a trust file", "Give your key with --key.")
    name = by or "" if key else _named(by or "")
    return person(settings, name, key=key, body=body, signers=signers)
