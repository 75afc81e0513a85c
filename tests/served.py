"""`python -m tests.served`: write into `docs/rule-book.md` whom the book serves, by which rules.

Taken from the shipped book and the catalogue: nothing here is kept by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.pages import rewrite

from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import frameworks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.rulebook import Rule
    from cbrn_schemas.catalogue.bodies import Body

PAGE = Path(__file__).parents[1] / "docs" / "rule-book.md"
BEGIN, END = "<!-- served: written by `uv run python -m tests.served` -->\n", "<!-- end of served -->\n"
EVERYBODY = "{members}"


def members() -> list[str]:
    """Return the members of the working group, by code."""
    return sorted(code for code, body in bodies().items() if body.member)


def listed() -> list[str]:
    """Return the frameworks that the working group lists, in the catalogue's order."""
    return [code for code, each in frameworks().items() if each.listed_by_group]


def named(rule: Rule, role: str) -> tuple[str, ...]:
    """Return whom a rule names in a role."""
    if role == "lead":
        return () if rule.lead is None else (rule.lead,)
    return rule.support if role == "support" else rule.inform


def rules_naming(body: str, role: str) -> list[str]:
    """Return the rules that name a body in a role, or every member."""
    member = body in members()
    return [
        rule.id
        for rule in national_rulebook().rules
        if body in named(rule, role) or (member and EVERYBODY in named(rule, role))
    ]


def services_of(body: Body) -> list[str]:
    """Return the bodies that belong to a member and that some rule names."""
    return sorted(
        code
        for code, each in bodies().items()
        if each.parent == body.code and any(rules_naming(code, role) for role in ("lead", "support", "inform"))
    )


def rules_of(framework: str) -> list[str]:
    """Return the rules that rest on a framework."""
    return [rule.id for rule in national_rulebook().rules if any(basis.instrument == framework for basis in rule.bases)]


def duties_of(framework: str) -> list[str]:
    """Return the rules of duties that a framework asks for."""
    return [duty.id for duty in national_rulebook().duties if duty.obligation.framework == framework]


def drawn() -> str:
    """Return both tables."""
    lines = ["| member | leads by | supports by | is informed by | services that rules name |", "| --- " * 5 + "|"]
    for code in members():
        body = bodies()[code]
        cells = [f"{body.names.en} (`{code}`)", *(_cell(rules_naming(code, role)) for role in ROLES)]
        lines.append(f"| {' | '.join((*cells, _cell(services_of(body))))} |")
    lines += ["", "| framework | binds | answers for it | rules that rest on it | duties that it asks for |"]
    lines.append("| --- " * 5 + "|")
    for code in listed():
        each = frameworks()[code]
        answers = _cell(each.national_bodies) if each.national_bodies else "not confirmed"
        cells = [f"{each.names.en} (`{code}`)", each.standing.value, answers]
        lines.append(f"| {' | '.join((*cells, _cell(rules_of(code)), _cell(duties_of(code))))} |")
    return "\n".join(lines) + "\n"


ROLES = ("lead", "support", "inform")


def _cell(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes) or "none"


if __name__ == "__main__":
    rewrite(PAGE, BEGIN, END, drawn())
