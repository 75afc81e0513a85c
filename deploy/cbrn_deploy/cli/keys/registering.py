"""`cbrn keys new|register|revoke`: a body makes its key; persons of the trust file say that it counts, or no more."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import MomentOption, SignersOption, UsageError, body_code, moment
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from cbrn_routing.signatures.registration import KeyRecord, Registration
    from cbrn_routing.signing.trust import Trust

VALID: Final = timedelta(days=2 * 365)
"""How long a key counts where nobody says otherwise."""

PersonOption = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A person's private key, as `cbrn rules keygen` made it; may be repeated."),
]
_WHOSE: Final = typer.Option(
    metavar="BODY", help="Whose events it signs; bus: the bus's keeper.", autocompletion=complete_bodies
)
SystemOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The one system that uses it.  [default: all]", show_default=False)
]


@Invocation.takes("json")
def new(
    call: Invocation,
    *,
    body: Annotated[str, _WHOSE],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the private key goes; must not exist.")],
    system: SystemOption = None,
    passphrase: Annotated[
        bool, typer.Option(help="Encrypt the key; its program then needs CBRN_KEY_PASSPHRASE.")
    ] = False,
) -> None:
    """Make a key for a body's programs (CBRN_SIGNING_KEY=FILE), and print the line by which it is registered.

    The private key never leaves its machine; its public line goes to two persons of the trust file.
    """
    from cbrn_deploy.cli.rules.key_files import chosen_passphrase
    from cbrn_routing.signatures.body_key import BodyKey, public_jwk

    key, code = BodyKey.generate(), _body(body)
    content = key.to_pem(chosen_passphrase() if passphrase else None)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    line = {**public_jwk(key.x), "alg": "Ed25519", "use": "sig", "kid": key.kid, "body": code, "system": system}
    print(json_text({name: value for name, value in line.items() if value is not None}))
    if not call.as_json:
        complain(
            f"the private key is in {out}; it signs nothing that counts until it is registered",
            "Give the line above to two persons of the trust file (`cbrn keys register`), and tell them the kid by "
            "telephone too; never send the file.",
        )


@Invocation.takes("realm", "servers", "json")
def register(
    call: Invocation,
    given: Annotated[
        str, typer.Argument(metavar="KEY", help="File with the line of `cbrn keys new`, a JWK, PEM; or such a line.")
    ],
    *,
    key: PersonOption = None,
    body: Annotated[str | None, _WHOSE] = None,
    system: SystemOption = None,
    since: MomentOption = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Until when it counts.  [default: two years]", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the record with the signatures so far, for the next person."),
    ] = None,
    signers: SignersOption = None,
) -> None:
    """Register a body's KEY: two different persons of the trust file must sign, here or one after the other (--out).

    KEY may be what `--out` wrote: then a signature is added. Every router verifies the persons by its own trust file.
    """
    from cbrn_deploy.cli.rules.key_files import private_key
    from cbrn_routing.signatures.registration import REGISTER_PERSONS, signed_also

    trust, realm = _trust(call, signers), call.settings.realm
    record: KeyRecord = _registration(given, body, system, since, until)
    for path in key or ():
        record = signed_also(record, private_key(path), realm)
    if out is not None:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(record.encoded())
        told = {"kid": record.kid, "signatures": len(record.signatures), "file": str(out)}
        said = f"{record.kid}: {len(record.signatures)} of {REGISTER_PERSONS} signatures, in {out}"
        print(json_text(told) if call.as_json else printable(said))
        return
    _write(call, record, trust, "registered")


@Invocation.takes("realm", "servers", "json")
def revoke(
    call: Invocation,
    kid: Annotated[str, typer.Argument(metavar="KID", help="Id of the key, or how it begins; `cbrn keys list`.")],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for whoever reads the register.")],
    key: PersonOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="From when its signatures count no more: stolen since.  [default: now]",
            show_default=False,
        ),
    ] = None,
    signers: SignersOption = None,
) -> None:
    """Revoke a key, for good: one person of the trust file is enough. Events that it signed before then stay.

    What was routed stays routed: with --since look at what came from the body from that time on.
    """
    from cbrn_consumers.body_keys import read_register
    from cbrn_deploy.cli.rules.key_files import private_key
    from cbrn_routing.signatures.registration import Revocation, signed_also

    trust, now = _trust(call, signers), datetime.now(UTC)
    found = call.run(read_register(call.settings, trust)).find(kid)
    record: KeyRecord = _checked(Revocation, kid=found.kid, since=moment(since, now) or now, reason=reason)
    for path in key or ():
        record = signed_also(record, private_key(path), call.settings.realm)
    _write(call, record, trust, "revoked")


def _write(call: Invocation, record: KeyRecord, trust: Trust, done: str) -> None:
    from cbrn_consumers.body_keys import write_key_record
    from cbrn_deploy.cli.keys.looking import key_json, key_line

    written = call.run(write_key_record(call.settings, record, trust))
    now = datetime.now(UTC)
    if call.as_json:
        print(json_text({"kid": record.kid, "done": done, "key": None if written is None else key_json(written, now)}))
    else:
        print(f"{done} in {call.settings.realm}: {record.kid if written is None else key_line(written, now)}")


def _trust(call: Invocation, signers: Path | None) -> Trust:
    from cbrn_routing.activation import Trust

    return Trust.read(signers or call.settings.rulebook_signers)


def _registration(
    given: str, body: str | None, system: str | None, since: str | None, until: str | None
) -> Registration:
    """Read what is to be registered: a record that was begun, or a public key with what the call says of it."""
    import json

    from cbrn_deploy.cli.rules.key_files import content_of
    from cbrn_routing.signatures.body_key import thumbprint, x_of
    from cbrn_routing.signatures.registration import Registration, parse_record

    content = given.encode() if given.startswith("{") else content_of(Path(given)) or b""
    if b'"act":"register"' in content:
        record = parse_record(content)
        if body or system or since or until:
            raise UsageError("KEY is a record that others have signed: it cannot be changed", "Leave the options out.")
        assert isinstance(record, Registration), "it says so"
        return record
    x, now = x_of(content), datetime.now(UTC)
    said = json.loads(content) if content.lstrip().startswith(b"{") else {}
    named = body or said.get("body")
    if not named:
        raise UsageError("whose key it is, is not said", "Give --body.")
    made: Registration = _checked(
        Registration,
        kid=thumbprint(x),
        body=_body(named),
        system=system or said.get("system"),
        x=x,
        valid_from=moment(since, now) or now,
        valid_until=moment(until, now) or now + VALID,
    )
    parse_record(made.encoded())  # whatever no router would take
    return made


def _body(given: str) -> str:
    from cbrn_routing.signatures.registration import BUS

    return BUS if given == BUS else body_code(given)


def _checked(model: type[Any], **fields: Any) -> Any:
    from pydantic import ValidationError

    try:
        return model(**fields)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "Correct it.") from None
