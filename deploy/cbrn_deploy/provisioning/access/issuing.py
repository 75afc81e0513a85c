"""A credential is made, followed by the next, or taken back; each time somebody says who and why.

Issued: first it is written down, then rights are given, then the password is set or the certificate signed, then the
file is written. Whatever breaks off leaves something that `revoke` takes away, and no credential of which nobody knows.
The log has one order, which settles who was first where two persons do something at the same moment.
Taken back: first it is written down, since from then on the credential counts for gone and whatever is left of it is in
the plan and ends with the next `apply`; then the rights, which ends what a live connection may do at once, then the
password. A log that cannot be written keeps nobody from being shut out.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_deploy.provisioning.access.applying import give
from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.log import look, number_taken, require_log, write_down
from cbrn_deploy.provisioning.access.protocol import new_password, opened
from cbrn_deploy.provisioning.access.rights import users
from cbrn_schemas.access_record import AccessRecord
from cbrn_schemas.catalogue.bodies import body_meant
from cbrn_schemas.credentials import Credentials, write_credentials
from cbrn_schemas.errors import BusError
from cbrn_schemas.private_file import PRIVATE_MODE
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from cbrn_deploy.authority import Authority, Pem
    from cbrn_deploy.provisioning.access.difference import Found
    from cbrn_deploy.provisioning.access.known import Known
    from cbrn_deploy.provisioning.access.protocol import AdminProtocol
    from cbrn_deploy.provisioning.access.rule import Rule
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.users import User

DAYS: Final = 365

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Person:
    """Who changes something, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    user: User
    out: Path
    servers: str
    """Where its holder connects."""
    authorities: str
    """Certificates (PEM) that its holder trusts the brokers by."""
    authority: Authority | None = None
    """Who signs a certificate; None: a password is made."""
    request: str | None = None
    """The holder's own request for a certificate (PEM)."""
    days: int = DAYS


@dataclass(frozen=True, slots=True)
class Cut:
    """What was taken back."""

    principals: tuple[str, ...]
    rules: int
    seconds: float
    """From the order until every broker refused it."""


async def issue(
    settings: Settings, order: Order, person: Person, now: datetime, overlap: timedelta | None = None
) -> AccessRecord:
    """Make a user's next credential; with `overlap` its last one ends so much later.

    Raises:
        AccessError: the user follows from no body of the catalogue, or the cluster refused.
        FileExistsError: the file is there.
    """
    on = now.date()
    if order.user not in users(settings.realm, on):
        raise _no_such(order.user, settings)
    await require_log(settings)
    with _reserved(order.out):
        async with opened(settings) as cluster:
            _, known, _ = await look(cluster, settings, now)
            principal, before = known.next(order.user), known.of(order.user)
            if overlap is not None and not before:
                hint = f"Issue its first one: cbrn access issue {order.user} --out FILE."
                raise AccessError(f"{order.user} has no credential that could be replaced", hint)
            made = _Made(order, principal, _signed(order, principal, now), person)
            record = _record(made, now)
            if overlap is not None:
                followed = {"replaces": before[-1].principal.name, "replaced_until": now + overlap}
                record = record.model_copy(update={"act": "rotated", **followed})
            offset = await write_down(settings, record)
            await _require_own(settings, made.principal, offset)
            await give(cluster, {principal.name: order.user}, on)
            password = None
            if made.certificate is None:
                password = new_password()
                await cluster.set_password(principal.name, password)
            await _require_live(cluster, settings, principal, now)
        write_credentials(order.out, _file(made, password))
    return record


async def revoke(settings: Settings, user: User, person: Person, now: datetime, only: Principal | None = None) -> Cut:
    """Take a user's credentials back, or one of them: rules, passwords, and so what live connections may do.

    Whoever issues or applies at the same moment may give some of it back: what is there once it was written down, is
    taken away again. Who issues looks after that, and gives nothing to a principal that was taken back.

    Raises:
        AccessError: there is nothing to take back, or the cluster refused; or all was taken back, and could not be
            written down.
    """
    began = time.monotonic()
    await require_log(settings)
    async with opened(settings) as cluster:
        found, known, _ = await look(cluster, settings, now)
        wanted = {only.name} if only is not None else _principals_of(user, known, found)
        rules = {rule for rule in found.rules if rule.principal in wanted}
        left = wanted.intersection(found.passwords) or (wanted & _principals_of(user, known, found)) - known.gone
        if not rules and not left:
            raise AccessError(f"{only or user} has neither rights nor a credential", "See `cbrn access list`.")
        record = AccessRecord(
            realm=settings.realm,
            act="revoked",
            user=user.name,
            principal=None if only is None else only.name,
            removed=len(rules),
            by=person.name,
            reason=person.reason,
            at=now,
        )
        written = await _written(settings, record)
        await _take(cluster, rules, wanted)
        seconds = time.monotonic() - began
        found, known, _ = await look(cluster, settings, now)
        wanted |= {name for name in _principals_of(user, known, found) if name in known.gone}
        again = {rule for rule in found.rules if rule.principal in wanted}
        await _take(cluster, again, wanted)
    if not written and not await _written(settings, record):
        hint = "Nobody comes in with it any more. Keep this line, and run it again when the log can be written."
        raise AccessError(f"{', '.join(sorted(wanted))}: taken back, and not written down", hint)
    return Cut(tuple(sorted(wanted)), len(rules | again), seconds)


async def _take(cluster: AdminProtocol, rules: Collection[Rule], principals: Collection[str]) -> None:
    await cluster.remove_rules(rules)
    await cluster.remove_passwords(principals)
    await cluster.set_quotas({name: {} for name in principals})


async def _require_own(settings: Settings, principal: Principal, offset: int) -> None:
    """Refuse a number that somebody else has taken at the same moment: whose record lies first, has it."""
    if await number_taken(settings, principal, offset):
        hint = "Nothing was given. Run it again: it takes the next number."
        raise AccessError(f"{principal} was issued by somebody else at the same moment", hint)


async def _require_live(cluster: AdminProtocol, settings: Settings, principal: Principal, now: datetime) -> None:
    """Take back what was just given where somebody has revoked it meanwhile."""
    found, known, _ = await look(cluster, settings, now)
    if principal.name in known.gone:
        await _take(cluster, {rule for rule in found.rules if rule.principal == principal.name}, {principal.name})
        raise AccessError(f"{principal} was revoked while it was issued", "See `cbrn access list`, then issue it anew.")


async def _written(settings: Settings, record: AccessRecord) -> bool:
    try:
        await write_down(settings, record)
    except BusError as error:
        log.warning("the log of access cannot be written; going on", why=str(error), hint=error.hint)
        return False
    return True


def _principals_of(user: User, known: Known, found: Found) -> set[str]:
    """Return all that a user has been let in as, as far as anything is known or left of it."""
    names = {*known.live, *known.over, *found.passwords, *(rule.principal for rule in found.rules)}
    # And whatever the log alone still has: a password that is gone already, and of which it does not say so.
    names |= {name for n in range(known.numbers.get(user, 0)) if (name := user.principal(n + 1)) not in known.gone}
    return {name for name in names if (one := Principal.found(name)) is not None and one.user == user}


def _no_such(user: User, settings: Settings) -> AccessError:
    if user.realm is not settings.realm:
        return AccessError(f"{user} is a user of {user.realm}, not of {settings.realm}", f"Say --realm {user.realm}.")
    if user.is_admin:
        hint = "Who gives rights is named by the brokers' own super.users (docs/access.md); `cbrn up` makes its file."
        return AccessError("nobody is given the right to give rights", hint)
    hint = "A body that only receives has no gateway, one that only publishes nothing else. `cbrn bodies` lists all."
    hint = hint if user.process is not None else body_meant(user.body or "")
    return AccessError(f"no user {user} follows from the catalogue", hint)


@dataclass(frozen=True, slots=True)
class _Made:
    """A credential as it is made."""

    order: Order
    principal: Principal
    certificate: Pem | None
    person: Person


def _signed(order: Order, principal: Principal, now: datetime) -> Pem | None:
    if order.authority is None:
        return None
    if order.request is None:
        return order.authority.certificate(principal.name, days=order.days, now=now)
    return order.authority.sign(order.request, principal.name, days=order.days, now=now)


def _record(made: _Made, now: datetime) -> AccessRecord:
    certificate = made.certificate
    return AccessRecord(
        realm=made.order.user.realm,
        act="issued",
        user=made.order.user.name,
        principal=made.principal.name,
        kind="password" if certificate is None else "certificate",
        serial=None if certificate is None else certificate.serial,
        valid_until=None if certificate is None else certificate.valid_until,
        by=made.person.name,
        reason=made.person.reason,
        at=now,
    )


def _file(made: _Made, password: str | None) -> Credentials:
    order, certificate = made.order, made.certificate
    values = {
        "CBRN_BOOTSTRAP_SERVERS": order.servers,
        "CBRN_SECURITY_PROTOCOL": "SASL_SSL" if certificate is None else "SSL",
        "CBRN_REALM": order.user.realm.value,
    }
    if order.user.body is not None:
        values["CBRN_BODY"] = order.user.body
    if password is not None:
        values |= {"CBRN_USERNAME": made.principal.name, "CBRN_PASSWORD": password}
    until = "" if certificate is None else f", until {certificate.valid_until:%Y-%m-%d}"
    notes = [f"Who holds this file acts as {made.principal}{until}. Issued by {made.person.name}."]
    if certificate is not None and not certificate.key:
        notes.append("The key is not in it: name it beside, with CBRN_CERTIFICATE_FILE (this file) and CBRN_KEY_FILE.")
    key, own = ("", "") if certificate is None else (certificate.key, certificate.certificate)
    return Credentials(values, key, own + order.authorities, tuple(notes))


@contextlib.contextmanager
def _reserved(path: Path) -> Iterator[None]:
    """Make an empty file, so that nothing is ever overwritten and a folder that is closed is found before the rest."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE))
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
