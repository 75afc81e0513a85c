"""`cbrn keys list|policy`: which keys count, since when and by whose word; and which events must be signed."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import SignersOption
from cbrn_deploy.cli.printing import complain, console, json_text, printable, shown

if TYPE_CHECKING:
    from cbrn_consumers.body_keys import ReadRegister
    from cbrn_routing.signatures.policy import PolicyRule
    from cbrn_routing.signatures.register import RegisteredKey

DAY: Final = "%Y-%m-%d"
STATES: Final = {"valid": "green", "expired": "yellow", "not-yet": "yellow", "revoked": "red"}


@Invocation.takes("realm", "servers", "json")
def list_keys(call: Invocation, *, signers: SignersOption = None) -> None:
    """List the keys of the realm: whose, from when until when, who registered and revoked them.

    They are verified by this machine's trust file, as each router does by its own; what does not count is named.
    """
    from cbrn_consumers.body_keys import read_register
    from cbrn_routing.activation import Trust

    trust = Trust.read(signers or call.settings.rulebook_signers)
    found = call.run(read_register(call.settings, trust))
    now = datetime.now(UTC)
    if call.as_json:
        refused = [{"offset": offset, "why": str(error), "hint": error.hint} for offset, error in found.refused.items()]
        keys = [key_json(key, now) for key in found.register.keys.values()]
        print(json_text({"realm": call.settings.realm, "keys": keys, "refused": refused}))
        return
    _print_keys(found, now)


@Invocation.takes("json")
def policy(
    call: Invocation,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="The policy.  [default: CBRN_SIGNATURES, or the shipped one]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a policy of signatures, and show which events must be signed: the first that fits decides."""
    from cbrn_routing.signatures.policy import SignaturePolicy

    rules = SignaturePolicy.load(file or call.settings.signatures).rules
    if call.as_json:
        print(json_text({"policies": [rule.model_dump(mode="json", by_alias=True) for rule in rules]}))
        return
    for rule in rules:
        print(printable(f"{rule.signatures.value:9} {rule.name}: {_whom(rule)}, window {rule.window}"))


def key_json(key: RegisteredKey, now: datetime) -> dict[str, Any]:
    """Return plain values: the public JWK, so that a list is a key set, and what is known of it."""
    from cbrn_routing.signatures.body_key import public_jwk
    from cbrn_schemas.records import rfc3339

    revoked = key.revoked
    return {
        **public_jwk(key.x),
        "kid": key.kid,
        "body": key.body,
        "system": key.system,
        "state": key.state(now),
        "valid_from": rfc3339(key.valid_from),
        "valid_until": rfc3339(key.valid_until),
        "registered": rfc3339(key.registered),
        "registered_by": list(key.by),
        "revoked": None
        if revoked is None
        else {
            "since": rfc3339(revoked.since),
            "reason": revoked.reason,
            "at": rfc3339(revoked.at),
            "by": list(revoked.by),
        },
    }


def key_line(key: RegisteredKey, now: datetime) -> str:
    """Write a key on one line."""
    whose = key.body if key.system is None else f"{key.body}/{key.system}"
    span = f"{key.valid_from:{DAY}} to {key.valid_until:{DAY}}"
    return printable(f"{key.kid} of {whose}, {key.state(now)}, {span}, registered by {', '.join(key.by)}")


def _print_keys(found: ReadRegister, now: datetime) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("key", "body", "state", "from", "until", "registered by"):
        table.add_column(head, no_wrap=head == "key")
    for key in found.register.keys.values():
        whose, state = key.body if key.system is None else f"{key.body}/{key.system}", key.state(now)
        span = (f"{key.valid_from:{DAY}}", f"{key.valid_until:{DAY}}")
        cells = (key.kid, whose, state, *span, ", ".join(key.by))
        table.add_row(*(shown(cell, STATES[state] if cell == state else "") for cell in cells))
        if key.revoked is not None:
            said = f"since {key.revoked.since:%Y-%m-%d %H:%M}Z: {key.revoked.reason} ({', '.join(key.revoked.by)})"
            table.add_row("", "", shown("", ""), "", "", shown(said, "red"))
    console().print(table if found.register.keys else "no key counts here")
    for offset, error in found.refused.items():
        complain(f"the record {offset} does not count: {error}", error.hint)


def _whom(rule: PolicyRule) -> str:
    fits = rule.fits
    parts = [", ".join(map(str, each)) for each in (fits.bodies, fits.lanes, fits.kinds) if each]
    return "; ".join(parts) or "every event"
