"""`cbrn desk account ...`: who may sign in to the duty desk; needs no broker, only the accounts' database."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import App, Invocation, require_part
from cbrn_deploy.cli.parameters import LanguageCode, LimitOption, UsageError, body_code
from cbrn_deploy.cli.printing import json_text, printable

if TYPE_CHECKING:
    from cbrn_consumers.desk.accounts import Account, Accounts

app = App("Who may sign in to the duty desk: add, list, change, disable.")

RoleName = Literal["officer", "shift-leader", "auditor", "administrator"]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What is typed to sign in, such as a.asanov.")]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--body", metavar="BODY", help="The account's body.", show_default=False, autocompletion=complete_bodies
    ),
]
ROLE_HELP = (
    "officer: reads, answers, silences, reports, takes the watch; shift-leader: also decides duties and plans the rota;"
    " auditor: sees all, changes nothing; administrator: keeps accounts, sees no alert."
)
RoleOption = Annotated[RoleName | None, typer.Option(help=ROLE_HELP, show_default=False)]
ShownOption = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Post and surname, as answers bear it: «Duty officer Asanov».", show_default=False
    ),
]
OwnLangOption = Annotated[
    LanguageCode | None, typer.Option("--language", help="Language of the account's pages.", show_default=False)
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="File with the password alone; `-`: standard input.  [default: one is made, and printed once]",
        show_default=False,
    ),
]
KeptOption = Annotated[
    bool, typer.Option("--keep", help="The password need not be changed at the first sign-in.", show_default=False)
]


@app.command("add")
@Invocation.takes("lang", "json")
def add(
    call: Invocation,
    name: NameArgument,
    *,
    body: BodyOption = None,
    role: Annotated[RoleName, typer.Option(help=ROLE_HELP)],
    shown: Annotated[
        str, typer.Option(metavar="TEXT", help="Post and surname, as answers bear it: «Duty officer Asanov».")
    ],
    language: OwnLangOption = None,
    password_file: PasswordFileOption = None,
    keep: KeptOption = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in through the state's own sign-in (CBRN_DESK_OIDC) only.")
    ] = False,
) -> None:
    """Add an account. Without a file, a password is made and printed once; it must be changed at the first sign-in."""
    from cbrn_consumers.desk.accounts import Role

    code = body_code(named) if (named := body or call.settings.body) else None
    if code is None:
        raise UsageError("whose account? No body is given", "Give its code with --body, such as --body moh.")
    with _accounts(call) as accounts:
        password, made = (None, None) if no_password else _password(password_file)
        account = accounts.add(
            name,
            shown=shown,
            body=code,
            role=Role(role),
            lang=language or call.language,
            password=password,
            must_change=not keep,
            by=_who(),
            now=datetime.now(UTC),
        )
    _say(call, account, "added", made)


@app.command("list")
@Invocation.takes("lang", "json")
def list_accounts(call: Invocation) -> None:
    """List the accounts."""
    with _accounts(call) as accounts:
        found = accounts.list()
    if call.as_json:
        print(json_text([_plain(each) for each in found]))
        return
    from cbrn_deploy.cli.desk.screen import print_accounts

    print_accounts(found, call.language)


@app.command("password")
@Invocation.takes("lang", "json")
def password(
    call: Invocation, name: NameArgument, password_file: PasswordFileOption = None, *, keep: KeptOption = False
) -> None:
    """Give an account another password, and end its sessions."""
    with _accounts(call) as accounts:
        known = accounts.named(name)
        given, made = _password(password_file)
        now = datetime.now(UTC)
        account = accounts.set_password(known.id, given, by=_who(), now=now, must_change=not keep)
    _say(call, account, "password", made)


@app.command("change")
@Invocation.takes("lang", "json")
def change(
    call: Invocation,
    name: NameArgument,
    *,
    body: BodyOption = None,
    role: RoleOption = None,
    shown: ShownOption = None,
    language: OwnLangOption = None,
) -> None:
    """Change what an account is. Another body or role ends its sessions."""
    from cbrn_consumers.desk.accounts import Role

    given: dict[str, Any] = {
        "body": None if body is None else body_code(body),
        "role": None if role is None else Role(role),
        "shown": shown,
        "lang": language,
    }
    if not any(value is not None for value in given.values()):
        raise UsageError("nothing to change is given", "Give --body, --role, --shown or --language.")
    with _accounts(call) as accounts:
        account = accounts.change(accounts.named(name).id, by=_who(), now=datetime.now(UTC), **given)
    _say(call, account, "changed")


@app.command("disable")
@Invocation.takes("lang", "json")
def disable(call: Invocation, name: NameArgument) -> None:
    """Let an account sign in no more, and end its sessions at once. It stays, since answers bear its name."""
    with _accounts(call) as accounts:
        account = accounts.disable(accounts.named(name).id, by=_who(), now=datetime.now(UTC))
    _say(call, account, "disabled")


@app.command("enable")
@Invocation.takes("lang", "json")
def enable(call: Invocation, name: NameArgument) -> None:
    """Let a disabled account sign in again."""
    with _accounts(call) as accounts:
        account = accounts.enable(accounts.named(name).id, by=_who(), now=datetime.now(UTC))
    _say(call, account, "enabled")


@app.command("sign-out")
@Invocation.takes("lang", "json")
def sign_out(call: Invocation, name: NameArgument) -> None:
    """End all sessions of an account, as when a telephone is lost."""
    with _accounts(call) as accounts:
        account = accounts.named(name)
        ended = accounts.sign_out_everywhere(account.id, by=_who(), now=datetime.now(UTC))
    _say(call, account, "signed-out", ended=ended)


@app.command("log")
@Invocation.takes("lang", "json")
def log(
    call: Invocation,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One account.  [default: all]")] = None,
    *,
    limit: LimitOption = 50,
) -> None:
    """Show who signed in from where, who was refused and why, and who changed which account; newest first."""
    with _accounts(call) as accounts:
        found = accounts.entries(limit, None if name is None else accounts.named(name).id)
    if call.as_json:
        from dataclasses import asdict

        print(json_text([{**asdict(each), "at": each.at.isoformat()} for each in found]))
        return
    from cbrn_deploy.cli.desk.screen import print_entries

    print_entries(found, call.language)


def _accounts(call: Invocation) -> Accounts:
    require_part("desk")
    from cbrn_consumers.desk.accounts import Accounts, accounts_url

    return Accounts.open(accounts_url(call.settings))  # the state's own sign-in is the desk's


def _who() -> str:
    from cbrn_consumers.desk.accounts import COMMAND_LINE

    try:
        return f"{COMMAND_LINE} ({getpass.getuser()})"
    except (OSError, KeyError):  # a container's user may have no name
        return COMMAND_LINE


def _password(file: Path | None) -> tuple[str, str | None]:
    """Return the password of a file, or one that is made; and that one again, to be printed."""
    from cbrn_consumers.desk.accounts import new_password

    if file is None:
        made = new_password()
        return made, made
    from cbrn_deploy.cli.desk.password_file import read_password

    return read_password(file), None


def _plain(account: Account) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(account), "created": account.created.isoformat()}


def _say(call: Invocation, account: Account, act: str, made: str | None = None, *, ended: int | None = None) -> None:
    extra = {"password": made, "ended": ended}
    if call.as_json:
        print(json_text({**_plain(account), **{key: value for key, value in extra.items() if value is not None}}))
        return
    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word

    lang = call.language
    told = word("account_act", act, lang) + ("" if ended is None else f": {ended}")
    role, body = word("account_role", account.role, lang), body_name(account.body, lang)
    print(printable(f"{account.name} ({account.shown}, {body}, {role}): {told}"))
    if made is not None:
        first = f" ({word('account', 'must-change-first', lang)})" if account.must_change else ""
        print(f"{word('account', 'password-once', lang)}{first}: {made}")
