"""`cbrn access issue`, `request`, `rotate`, `revoke` and `test`: one credential at a time."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.access.given import (
    AtOption,
    AuthorityOption,
    ByOption,
    CertificateOption,
    DaysOption,
    OutOption,
    ProcessOption,
    ReasonOption,
    RequestOption,
    UserArgument,
    authorities_of,
    authority_of,
    person_of,
    request_in,
    servers_of,
    user_of,
)
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation, require_part
from cbrn_deploy.cli.parameters import UsageError, span
from cbrn_deploy.cli.printing import json_text, printable

if TYPE_CHECKING:
    from datetime import timedelta

    from cbrn_deploy.cli.invocation import App
    from cbrn_deploy.provisioning.access.issuing import Order
    from cbrn_schemas.access_record import AccessRecord
    from cbrn_schemas.users import User


def mount(app: App) -> None:
    """Make these commands part of `cbrn access`."""
    for name, command in (
        ("issue", issue),
        ("request", request),
        ("rotate", rotate),
        ("revoke", revoke),
        ("test", try_out),
    ):
        app.command(name)(command)


@Invocation.takes("realm", "servers", "json")
def issue(
    call: Invocation,
    user: UserArgument,
    *,
    out: OutOption,
    reason: ReasonOption,
    process: ProcessOption = None,
    by: ByOption = None,
    certificate: CertificateOption = False,
    request: RequestOption = None,
    at: AtOption = None,
    authority: AuthorityOption = None,
    days: DaysOption = 365,
) -> None:
    """Make a credential: one file, for its holder alone, with address, authority, user and secret.

    The user's rights are given at once. It is written down who decided it and why, and never the secret.
    """
    who = user_of(user, process, call.settings.realm)
    order = _order(call, who, out, request, at, authority, days, certificate=certificate)
    _make(call, order, by, reason, None)


@Invocation.takes("realm", "servers", "json")
def rotate(
    call: Invocation,
    user: UserArgument,
    *,
    out: OutOption,
    reason: ReasonOption,
    process: ProcessOption = None,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="TIME", help="How long the former one works beside it: 24h, 7d.")
    ] = "24h",
    by: ByOption = None,
    certificate: CertificateOption = False,
    request: RequestOption = None,
    at: AtOption = None,
    authority: AuthorityOption = None,
    days: DaysOption = 365,
) -> None:
    """Make a user's next credential, with the same rights. The former one may be ended behind the overlap, not before.

    A running `cbrn up` ends it within ten minutes of that; where none runs, the next `cbrn access apply` does. Give the
    holder the new file and see that it is used. At once: `cbrn access revoke USER --credential PRINCIPAL`.
    """
    who = user_of(user, process, call.settings.realm)
    order = _order(call, who, out, request, at, authority, days, certificate=certificate)
    _make(call, order, by, reason, span(overlap))


@Invocation.takes("realm")
def request(
    call: Invocation,
    user: UserArgument,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="KEY", help="Where the private key goes; the request beside it.", show_default=False
        ),
    ],
    process: ProcessOption = None,
) -> None:
    """Make a private key, and KEY.csr: a request for a certificate. Send the request, and keep the key."""
    require_part("access")
    from cbrn_deploy.provisioning.access.requesting import new_request

    who = user_of(user, process, call.settings.realm)
    key, made = new_request(who.name)
    beside = out.with_name(f"{out.name}.csr")
    for path, text, mode in ((out, key, 0o600), (beside, made, 0o644)):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
    print(printable(f"{out}: the private key; it stays here. {beside}: send it to whoever gives rights"))


@Invocation.takes("realm", "servers", "json")
def revoke(
    call: Invocation,
    user: UserArgument,
    *,
    reason: ReasonOption,
    process: ProcessOption = None,
    credential: Annotated[
        str | None,
        typer.Option("--credential", metavar="PRINCIPAL", help="Only this one, such as mes~2.", show_default=False),
    ] = None,
    by: ByOption = None,
) -> None:
    """Take all credentials of a user back, or one: rules and passwords, so that live connections are cut, too."""
    require_part("access")
    from cbrn_deploy.provisioning.access.issuing import revoke as take_back
    from cbrn_schemas.users import Principal

    who, person = user_of(user, process, call.settings.realm), person_of(call.settings, by, reason)
    only = None if credential is None else Principal.parse(credential)
    if only is not None and only.user != who:
        raise UsageError(f"{only} is not {who}'s", f"Say: cbrn access revoke {only.user} --credential {only}")
    if who.is_admin:
        raise UsageError("who gives rights cannot be revoked here", "Take it out of the brokers' super.users.")
    cut = call.run(take_back(call.settings, who, person, datetime.now(UTC), only))
    if call.as_json:
        print(json_text({"principals": list(cut.principals), "rules": cut.rules, "seconds": round(cut.seconds, 3)}))
        return
    names = ", ".join(cut.principals)
    print(
        printable(
            f"{names}: {cut.rules} rules taken away; every broker refuses it since {cut.seconds:.1f} s after the order"
        )
    )


@Invocation.takes("json")
def try_out(
    call: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A credentials file.", show_default=False)],
    *,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Its private key, where that lies apart.", show_default=False),
    ] = None,
) -> None:
    """Connect with FILE and say what it may do, by the brokers' own word. Nothing is written or read.

    Exit status: 0, what is planned for its user and nothing else; 1, more or less than that.
    """
    require_part("access")
    from cbrn_deploy.cli.access.screen import show_tried
    from cbrn_deploy.provisioning.access.trying import ask, principal_of
    from cbrn_schemas.settings import Settings

    keys = {} if key is None else {"certificate_file": file, "key_file": key}
    settings = Settings(credentials=file, **keys)
    principal = principal_of(settings, file)
    if principal.user.is_admin:
        raise UsageError(f"{principal} gives rights: it may do everything", "Test the file of somebody else.")
    answers = call.run(ask(settings, principal.user, datetime.now(UTC).date()))
    odd = [each for each in answers if not each.as_planned]
    if call.as_json:
        said = [
            {
                "resource": each.resource.value,
                "name": each.name,
                "operation": each.operation.value,
                "may": each.may,
                "planned": each.planned,
            }
            for each in answers
        ]
        print(json_text({"principal": principal.name, "as_planned": not odd, "tried": said}))
    else:
        show_tried(answers)
        print(printable(f"{principal}: {len(answers)} things tried, {len(odd)} not as planned"))
    if odd:
        raise typer.Exit(EXIT_FAILED)


def _order(  # noqa: PLR0917 - what the command was given
    call: Invocation,
    user: User,
    out: Path,
    request: Path | None,
    at: str | None,
    folder: Path | None,
    days: int,
    *,
    certificate: bool,
) -> Order:
    require_part("access")
    from cbrn_deploy.provisioning.access.issuing import Order

    signed = certificate or request is not None
    if folder is not None and not signed:
        raise UsageError("--authority signs certificates, and a password was asked for", "Say --certificate, too.")
    return Order(
        user,
        out,
        servers_of(call.settings, at, certificate=signed),
        authorities_of(call.settings),
        authority_of(call.settings, folder) if signed else None,
        None if request is None else request_in(request),
        days,
    )


def _make(call: Invocation, order: Order, by: str | None, reason: str, overlap: timedelta | None) -> None:
    from cbrn_deploy.provisioning.access.issuing import issue as make

    made: AccessRecord = call.run(
        make(call.settings, order, person_of(call.settings, by, reason), datetime.now(UTC), overlap)
    )
    if call.as_json:
        print(json_text({**made.model_dump(mode="json"), "file": str(order.out)}))
        return
    until = "" if made.valid_until is None else f", until {made.valid_until:%Y-%m-%d}"
    print(printable(f"{order.out}: lets in as {made.principal}{until}. Give it to its holder, unseen by others."))
    if made.replaces is not None and made.replaced_until is not None:
        print(
            printable(
                f"{made.replaces} works until {made.replaced_until:%Y-%m-%d %H:%M} UTC at least: a running cbrn up "
                "ends it within ten minutes of that; where none runs, the next cbrn access apply"
            )
        )
