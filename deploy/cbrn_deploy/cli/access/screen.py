"""How access is shown: users in one line each, what differs, credentials, and what was tried."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cbrn_deploy.cli.printing import complain, console, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_deploy.provisioning.access.difference import AccessDifference
    from cbrn_deploy.provisioning.access.known import Credential
    from cbrn_deploy.provisioning.access.plan import Plan
    from cbrn_deploy.provisioning.access.report import Line
    from cbrn_deploy.provisioning.access.rule import Rule
    from cbrn_deploy.provisioning.access.trying import Answer

SOON: Final = timedelta(days=30)
"""A credential that ends sooner is warned of: long enough for a ministry to have the next one."""
NO_LOG: Final = (
    "this realm has no log of access yet: certificates are not known, and nothing can be issued",
    "Run `cbrn topics apply`.",
)


def show_plan(found: Plan, differs: AccessDifference, lines: Sequence[Line], *, everybody: bool) -> None:
    """Print each user that somebody can come as, then what differs."""
    out = console()
    for line in lines:
        if line.credentials or everybody:
            names = ", ".join(one.principal.name for one in line.credentials) or "nobody has its credentials"
            out.print(shown(f"{line.user} ({names}): {line.words}", "" if line.credentials else "dim"))
    left = sum(not line.credentials for line in lines)
    if left and not everybody:
        print(f"{left} more users follow from the catalogue; nobody has their credentials (--all shows them)")
    show_difference(differs)
    if not found.logged:
        complain(*NO_LOG)


def show_difference(found: AccessDifference) -> None:
    """Print what apply would do, and what it leaves alone."""
    _rules("+", found.add)
    _rules("-", found.remove)
    for name in found.passwords:
        print(printable(f"- {name}: its password"))
    for name, (present, planned) in found.quotas.items():
        from cbrn_deploy.provisioning.access.words import limits  # noqa: PLC0415 - wanted here only

        print(printable(f"~ {name}: {limits(planned)} (now: {limits(present)})"))
    for name in found.without_rights:
        complain(
            f"{name} has a credential, and the catalogue here knows no such user",
            "Name the folder that has it (CBRN_CATALOGUE), or revoke the credential.",
        )
    _left("have no credential that is known, and keep their rules without --prune", found.unknown)
    _left("have rules for bodies that are in no catalogue here (CBRN_CATALOGUE?), and keep them", found.uncatalogued)
    _left("are not the bus's own, and reach into the realm; they stay without --prune", found.foreign)
    print(
        f"{len(found.add)} rules to add, {len(found.remove)} to take away, {len(found.quotas)} quotas to set, "
        f"{found.unchanged} rules as planned, {found.elsewhere} of others left alone"
    )


def _rules(sign: str, rules: Iterable[Rule]) -> None:
    from cbrn_deploy.provisioning.access.report import changes  # noqa: PLC0415 - wanted here only

    for principal, what in changes(rules):
        print(printable(f"{sign} {principal}: {what}"))


def _left(why: str, rules: Sequence[Rule]) -> None:
    if rules:
        print(printable(f"{len({rule.principal for rule in rules})} principal(s) {why}:"))
        _rules("?", rules)


def show_credentials(found: Sequence[Credential], now: datetime) -> None:
    """Print each credential, and a warning for each that ends soon.

    Lines, and no table: a principal is copied into the next command, and must stand whole on a narrow screen.
    """
    out = console()
    for one in found:
        out.print(shown(f"{one.principal.name}: {one.kind}, {_until(one)}"))
        out.print(shown(f"  {_issued(one)}", "dim"))
    for one in found:
        if one.last is not None and one.last - now <= SOON:
            hint = f"Make the next one: cbrn access rotate {one.principal.user} --out FILE."
            complain(f"{one.principal} ends on {one.last:%Y-%m-%d %H:%M} UTC", hint if one.ends is None else None)


def show_tried(answers: Sequence[Answer]) -> None:
    """Print what credentials may do, what is allowed alike together, and where that is not as planned."""
    names: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        names.setdefault((answer.resource.value, answer.name), []).append(answer)
    alike: dict[tuple[str, str], list[str]] = {}
    for (resource, name), some in sorted(names.items()):
        if may := ", ".join(each.operation for each in some if each.may):
            alike.setdefault((resource, may), []).append(name)
    for (resource, may), those in sorted(alike.items()):
        print(printable(f"{resource}: may {may}, nothing else"))
        for name in those:
            print(printable(f"  {name}"))
    nothing = sum(not any(each.may for each in some) for some in names.values())
    print(f"{nothing} more topics and groups were tried, and nothing is allowed there")
    for answer in answers:
        if not answer.as_planned:
            said = "may, and should not" if answer.may else "may not, and should"
            complain(f"{said}: {answer.operation} {answer.resource} {answer.name}")


def _until(one: Credential) -> str:
    if one.last is None:
        return "for good"
    return f"until {one.last:%Y-%m-%d %H:%M} UTC" + (" (replaced)" if one.ends == one.last else "")


def _issued(one: Credential) -> str:
    if one.at is None or one.by is None:
        return "not in the log"
    return f"issued {one.at:%Y-%m-%d} by {one.by}" + (f": {one.reason}" if one.reason else "")
