"""Why who was told, with the way to each rule and to the law by which it binds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from cbrn_consumers.desk.rulebook import anchor_of
from cbrn_consumers.situation import bases_of, law_text, reason_text
from cbrn_schemas.catalogue.naming import body_name

if TYPE_CHECKING:
    from cbrn_consumers.situation import Overview
    from cbrn_schemas.events.base import Language


class Cited(NamedTuple):
    """Words, and where more of it is read; an empty path: nowhere."""

    text: str
    path: str


class Why(NamedTuple):
    """One rule that named somebody."""

    who: str
    """Whom it named; empty where only one body looks."""
    rule: Cited
    laws: tuple[Cited, ...]


def why_path(situation: str) -> str:
    """Return the address of the page that explains who was told, and who was not."""
    return f"/rules/why?name={quote(situation, safe='')}"


def reasons(overview: Overview, lang: Language) -> list[Why]:
    """List the rules, the strongest role first."""
    found: list[Why] = []
    for reason in overview.reasons:
        path = "" if reason.title is None else f"/rules/{quote(reason.rule, safe='')}"
        laws = [
            Cited(law_text(basis, lang), f"/rules/law#{anchor_of(basis.instrument, basis.article)}")
            for basis in bases_of(reason, overview.body)
        ]
        who = "" if overview.body else ", ".join(body_name(code, lang) for code in reason.bodies)
        found.append(Why(who, Cited(reason_text(reason, lang), path), tuple(dict.fromkeys(laws))))
    return found
