"""Copies for partners: what waits, exactly what the partner would see, and a person's word on it.

Nothing leaves the country but what a person has seen, or what an agreement lets go by itself; and it is the keeper
(`cbrn run partners`) that lets it go, never this command.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import SignersOption, UsageError, body_code
from cbrn_deploy.cli.person import BodyOption, KeyOption, person
from cbrn_deploy.cli.printing import json_text, printable

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_consumers.deciding import Person
    from cbrn_consumers.partners import Copy

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="<partner>/<source>/<id>, as the list shows it; or the event's id alone.")
]
ForOption = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="BODY",
        help="The copies of which persons of this body decide; without one, all: that is the bus's officer's to see.  "
        "[default: CBRN_BODY]",
        autocompletion=complete_bodies,
        show_default=False,
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. It stands in the record for years.")]


@Invocation.takes("realm", "servers", "lang", "json")
def list_copies(
    call: Invocation,
    *,
    body: ForOption = None,
    partner: Annotated[
        str | None,
        typer.Option("--partner", metavar="PARTNER", help="For this partner alone.", autocompletion=complete_bodies),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what has left, was refused, or has run out.")] = False,
) -> None:
    """List what waits for partners abroad: what takes back something that a partner has got comes first."""
    from cbrn_consumers.partners import held
    from cbrn_deploy.cli.partners.screen import print_list

    found = call.run(held(call.settings, body=_code(body), partner=_code(partner), over=everything))
    if call.as_json:
        for copy in found:
            print(json_text(copy_json(copy)))
    else:
        print_list(found, call.language)


@Invocation.takes("realm", "servers", "lang", "json")
def show_copy(call: Invocation, identifier: IdArgument, *, body: ForOption = None) -> None:
    """Show one copy: how far it has come, who decides, by which clauses it may go, and what is withheld."""
    from cbrn_consumers.partners import preview
    from cbrn_deploy.cli.partners.screen import print_copy

    copy = call.run(preview(call.settings, identifier, body=_code(body)))
    if call.as_json:
        print(json_text(copy_json(copy)))
    else:
        print_copy(copy, call.language)


@Invocation.takes("realm", "servers", "lang", "json")
def preview_copy(
    call: Invocation,
    identifier: IdArgument,
    *,
    body: ForOption = None,
    document: Annotated[
        str | None,
        typer.Option(
            "--document",
            metavar="FORMAT",
            help="Write nothing but these bytes: event, cap, or another format that the agreement names.",
        ),
    ] = None,
) -> None:
    """Show exactly what the partner would see: event and documents, to the byte, and what is withheld and why."""
    from cbrn_consumers.errors import CopyRefusedError
    from cbrn_consumers.partners import preview
    from cbrn_deploy.cli.partners.screen import print_preview

    copy = call.run(preview(call.settings, identifier, body=_code(body)))
    shown = copy.shown
    if call.as_json:
        print(json_text(copy_json(copy) | {"shown": None if shown is None else shown.model_dump(mode="json")}))
    elif shown is None:
        raise CopyRefusedError(
            f"{copy.id} cannot leave, so there is nothing to see: {copy.why}",
            hint="`cbrn partners show` tells more.",
        )
    elif document is None:
        print_preview(copy, call.language)
    else:
        texts = {"event": shown.event} | {each.format: each.text for each in shown.documents}
        if document not in texts:
            raise UsageError(f"there is no {document!r} for this partner", f"Choose one of {', '.join(texts)}.")
        sys.stdout.write(texts[document])


@Invocation.takes("realm", "servers", "json")
def release_copy(
    call: Invocation,
    identifier: IdArgument,
    *,
    seen: Annotated[
        str,
        typer.Option("--seen", metavar="DIGEST", help="Digest of what you saw, as `cbrn partners preview` shows it."),
    ],
    reason: ReasonOption,
    key: KeyOption = None,
    body: BodyOption = None,
    signers: SignersOption = None,
) -> None:
    """Let a copy go to the partner, just as you saw it, in your name.

    Look at it first with `cbrn partners preview`. If it is another by now, nothing leaves. The keeper checks your
    signature by its own trust file; where the agreement asks for two persons, a second, different one must release it.
    """
    from cbrn_consumers.partners import release

    who = _person(call, key, body=body, signers=signers)
    now = datetime.now(UTC)
    copy = call.run(release(call.settings, identifier, who, seen=seen, reason=reason, now=now))
    missing = copy.persons_missing
    done = f"{who.name} has released {copy.id} to {copy.held.partner}"
    _conclude(call, copy, f"{done}\nIt waits for one more person: another one must release it too" if missing else done)


@Invocation.takes("realm", "servers", "json")
def refuse_copy(
    call: Invocation,
    identifier: IdArgument,
    *,
    reason: ReasonOption,
    key: KeyOption = None,
    body: BodyOption = None,
    signers: SignersOption = None,
) -> None:
    """Decide in your name that a copy never leaves. It stays in the record, with the reason."""
    from cbrn_consumers.partners import refuse

    who = _person(call, key, body=body, signers=signers)
    copy = call.run(refuse(call.settings, identifier, who, reason=reason, now=datetime.now(UTC)))
    _conclude(call, copy, f"{who.name} has refused {copy.id}: it never leaves")


def copy_json(copy: Copy) -> dict[str, Any]:
    """Return a copy for machines, without what the partner would see. Times are RFC 3339 in UTC."""
    from cbrn_schemas.records import rfc3339

    shown, weighed = copy.shown, copy.weighed
    agreement = None if shown is None else {"name": shown.agreement, "digest": shown.agreement_digest}
    return copy.held.model_dump(mode="json", exclude={"type"}) | {
        "state": copy.state.value,
        "situation_abroad": copy.situation_abroad,
        "why": copy.why,
        "corrects": copy.corrects,
        "recalls": copy.recalls,
        "seen": None if shown is None else shown.digest,
        "agreement": agreement,
        "clauses": {} if shown is None else shown.clauses,
        "withheld": [] if shown is None else [each.model_dump() for each in shown.withheld],
        "bodies": [] if weighed is None else list(weighed.bodies),
        "persons_missing": copy.persons_missing,
        "leaves_at": None if copy.leaves_at is None else rfc3339(copy.leaves_at),
        "due": None if copy.due is None else rfc3339(copy.due),
        "approvals": [each.model_dump(mode="json") for each in copy.approvals],
        "end": None if copy.end is None else copy.end.model_dump(mode="json"),
        "answers": [each.model_dump(mode="json") for each in copy.answers],
    }


def _conclude(call: Invocation, copy: Copy, done: str) -> None:
    if call.as_json:
        print(json_text(copy_json(copy)))
    else:
        print("\n".join(printable(line) for line in done.splitlines()))


def _code(body: str | None) -> str | None:
    return None if body is None else body_code(body)


def _person(call: Invocation, key: Path | None, *, body: str | None, signers: Path | None) -> Person:
    if key is None:
        raise UsageError(
            "a name alone lets nothing leave the country, and keeps nothing from leaving",
            "Sign with --key; `cbrn rules keygen` makes one.",
        )
    return person(call.settings, "", key=key, body=body, signers=signers)
