"""What `cbrn access` is given, and how it is understood: users, persons, where a credential's holder connects."""

# ruff: noqa: PLC0415 - what is heavy is imported where it is needed, so that help is quick

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.parameters import UsageError, body_code

if TYPE_CHECKING:
    from cbrn_deploy.authority import Authority
    from cbrn_deploy.provisioning.access.issuing import Person
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm
    from cbrn_schemas.users import User

UserArgument = Annotated[
    str,
    typer.Argument(
        metavar="USER",
        help="A body, by code, name or abbreviation; with its process (mes.feed); or one of the bus (bus.watch).",
        autocompletion=complete_bodies,
    ),
]
ProcessOption = Annotated[
    str | None,
    typer.Option(
        "--process",
        metavar="PROCESS",
        help="Only what this process needs: gateway, feed, desk, notify.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="FILE", help="Where the credentials go. Never written over.", show_default=False),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="PERSON", help="Who decides it.  [default: this machine's user]", show_default=False),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log.", show_default=False)
]
CertificateOption = Annotated[
    bool, typer.Option("--certificate", help="A certificate instead of a password, key and all.")
]
RequestOption = Annotated[
    Path | None,
    typer.Option(
        "--request",
        metavar="FILE.csr",
        help="A certificate on the holder's own request: the key stays there.",
        show_default=False,
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="HOST:PORT,...",
        help="Where its holder connects.  [default: as you do, or as this machine's broker says]",
        show_default=False,
    ),
]
AuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--authority",
        metavar="DIR",
        help="Folder of the authority that signs.  [default: that of this machine's broker]",
        show_default=False,
    ),
]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3650, help="How long a certificate is valid.")]
REASON_HINT: Final = "Write one line, 200 characters at most."


def user_of(text: str, process: str | None, realm: Realm) -> User:
    """Return the user that a person named, in the realm of the call.

    Raises:
        UsageError: nobody is called so.
        UserNameError: it is no user's name.
    """
    from cbrn_schemas.topics import Realm as Realms
    from cbrn_schemas.users import ADMIN, EXERCISE, User

    name, _, rest = text.partition(".")
    if name == EXERCISE and realm is Realms.REAL:
        raise UsageError(f"{text} is a user of the exercise", f"Say --realm {Realms.EXERCISE}.")
    text = text.removeprefix(f"{EXERCISE}.")
    if text == ADMIN or text.startswith("bus."):
        found = User.parse(text)
        return found if found.is_admin else User(realm, None, found.process)
    name, _, rest = text.partition(".")
    if process is not None and rest and process != rest:
        raise UsageError(f"{text} is the process {rest}, not {process}", "Leave one of them out.")
    return User.parse(User(realm, body_code(name), process or rest or None).name)


def person_of(settings: Settings, by: str | None, reason: str) -> Person:
    """Return who decides and why.

    Raises:
        UsageError: either is no line.
    """
    from cbrn_deploy.provisioning.access.issuing import Person

    name = by or getpass.getuser()
    if settings.body and not name.endswith(f"({settings.body})"):
        name = f"{name} ({settings.body})"
    for option, text in (("--by", name), ("--reason", reason)):
        if not text.strip() or not text.isprintable() or len(text) > 200:  # noqa: PLR2004 - as the record's model
            raise UsageError(f"{option}: this is no line of text", REASON_HINT)
    return Person(name.strip(), reason.strip())


def authority_of(settings: Settings, folder: Path | None) -> Authority:
    """Return the authority that signs certificates.

    Raises:
        UsageError: there is none here.
    """
    from cbrn_deploy.authority import Authority, access_folder

    where = folder or access_folder(settings.data_dir) / "authority"
    if not (where / "authority.pem").is_file():
        raise UsageError(
            f"there is no authority in {where}",
            "Name its folder with --authority, on the machine that has it; or issue a password.",
        )
    return Authority.at(where)


def servers_of(settings: Settings, at: str | None, *, certificate: bool) -> str:
    """Return where the holder of a credential connects: passwords and certificates have a listener each.

    Raises:
        UsageError: it cannot be known.
    """
    from cbrn_deploy.kafka import broker_folder, status
    from cbrn_schemas.settings import servers

    if at is not None:
        try:
            return ",".join(servers(at))
        except ValueError as error:
            raise UsageError(
                f"--at: {error}", "Name the listener for passwords, or the one for certificates."
            ) from None
    local = status(broker_folder(settings.data_dir))
    if settings.bootstrap_servers in {local.bootstrap_servers, local.mutual_servers}:
        found = local.mutual_servers if certificate else local.bootstrap_servers
        if found is not None:
            return found
    if (settings.security_protocol == "SSL") == certificate:
        return settings.bootstrap_servers
    kind = "certificate" if certificate else "password"
    raise UsageError(f"where somebody with a {kind} connects is not known", "Say it with --at HOST:PORT.")


def authorities_of(settings: Settings) -> str:
    """Return the certificates by which this program trusts the brokers, and others shall, too."""
    from cbrn_deploy.provisioning.access.requesting import authorities_in

    return "" if settings.ca_file is None else authorities_in(settings.ca_file.read_bytes())
