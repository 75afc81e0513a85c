"""Who decides at this keyboard, for which body, and with which key."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.parameters import UsageError, body_code

if TYPE_CHECKING:
    from cbrn_consumers.deciding import Person
    from cbrn_routing.activation import Trust
    from cbrn_schemas.settings import Settings

KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Your private key, as `cbrn rules keygen` made it.")
]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="BODY",
        help="Your own body, on whose topic the decision stands.  [default: the key's, else CBRN_BODY]",
        autocompletion=complete_bodies,
        show_default=False,
    ),
]


def trust_of(settings: Settings, signers: Path | None) -> Trust:
    """Read the trust file of the call, else of this machine."""
    from cbrn_routing.activation import Trust  # noqa: PLC0415 - what is heavy is imported when it is needed

    return Trust.read(signers or settings.rulebook_signers)


def person(settings: Settings, name: str, *, key: Path | None, body: str | None, signers: Path | None) -> Person:
    """Return who decides: the key's holder by the trust file, else the name, of the body that is given or set.

    Both are named with their body: «A. Asanova (mes)».
    """
    from cbrn_consumers.deciding import Person  # noqa: PLC0415 - as above

    body = None if body is None else body_code(body)
    if key is None:
        body = body or settings.body or ""  # without one `check_words` refuses, after all else
        named = body and not name.endswith(f"({body})")
        return Person(f"{name} ({body})" if named else name, body)
    from cbrn_deploy.cli.rules.key_files import private_key  # noqa: PLC0415 - as above
    from cbrn_routing.rulebook.eras import local_day  # noqa: PLC0415 - as above
    from cbrn_routing.signing.releases import sign  # noqa: PLC0415 - as above

    private = private_key(key)
    holder = trust_of(settings, signers).holder(private.public)
    if holder is None or not holder.valid_on(local_day(datetime.now(UTC))):
        hint = "Give the trust file with --signers, or set CBRN_RULEBOOK_SIGNERS (`cbrn rules keygen` prints it)."
        raise UsageError("this key is not in the trust file, or not valid today", hint)
    if body not in {None, holder.body}:
        raise UsageError(f"this key is that of {holder}, not of {body}", "Leave out --body: the key says it.")
    return Person(str(holder), holder.body, partial(sign, private))
