"""Parts of an overview in words: what a message changed, why who was told, which duties arise. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_consumers.situation.rows import Row, Weight
from cbrn_routing.decision_record import AND_MORE
from cbrn_routing.duties import addressees_line, due_line, state_line
from cbrn_schemas.catalogue.citing import article_name, instrument_name
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import countdown
from cbrn_schemas.details import details
from cbrn_schemas.records import EARLIER_RECIPIENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_consumers.situation.overview import Overview, Reason, Version
    from cbrn_routing.rulebook import Basis
    from cbrn_schemas.events.base import Language

LONG: Final = 100
"""Letters from which only what is so now is written, not what it was before."""
_TOLD_BY_FACTS: Final = frozenset(
    {"substances", "nuclides", "sources", "agent", "further_hazards", "further_districts"}
)
"""Fields whose change is one of place, hazard or substances."""
_SAYS_LITTLE: Final = frozenset({"urgency", "certainty", "tlp", "unit"})
_ENGLISH: Final = re.compile(r"[A-Za-z]{3}")


def change_texts(before: Version, now: Version, lang: Language) -> list[str]:
    """Write what a message changed: «place: Chuy → Osh», «injured: 1 → 2»; what it does not repeat is no change."""
    found = [change.text(lang) for change in now.changed]
    if before.event is None or now.event is None:
        return found
    was = {one.field: one.text for one in details(before.event, lang)}
    for one in details(now.event, lang):
        if one.field in _TOLD_BY_FACTS | _SAYS_LITTLE or one.text == was.get(one.field):
            continue
        both = f"{was[one.field]} → {one.text}" if one.field in was else one.text
        found.append(f"{one.label}: {both if len(both) < LONG else one.text}")
    return found


def reason_rows(overview: Overview, lang: Language) -> Iterator[Row]:
    """Write each rule with its title and whom it named; for one body, quietly below it, the laws by which it binds."""
    for reason in overview.reasons:
        if overview.body is None:
            yield Row(", ".join(body_name(code, lang) for code in reason.bodies), reason_text(reason, lang))
            continue
        yield Row("", reason_text(reason, lang))
        if laws := [law_text(basis, lang) for basis in bases_of(reason, overview.body)]:
            yield Row("", "; ".join(dict.fromkeys(laws)), Weight.QUIET)
    if any(reason.title is None and not _is_plain(reason) for reason in overview.reasons):
        yield Row("", f"{word('ui', 'no-book', lang)}: {overview.alert.rulebook}", Weight.QUIET)


def _is_plain(reason: Reason) -> bool:
    return reason.rule in {EARLIER_RECIPIENT, AND_MORE}


def bases_of(reason: Reason, body: str | None) -> tuple[Basis, ...]:
    """List the laws by which a rule binds a body: its own mandate first, and nobody else's; for None no mandates."""
    others = [basis for basis in reason.bases if not basis.instrument.startswith("mandate-")]
    own = [basis for basis in reason.bases if basis.instrument == f"mandate-{body}"]
    return (*own, *others)


def reason_text(reason: Reason, lang: Language) -> str:
    """Write a rule: its title and id."""
    if reason.rule == EARLIER_RECIPIENT:
        return word("explain", "earlier", lang)
    if reason.rule == AND_MORE:
        return "…"
    return reason.rule if reason.title is None else f"{getattr(reason.title, lang)} ({reason.rule})"


def law_text(basis: Basis, lang: Language) -> str:
    """Write instrument and article; an article that is only told in English words is for whoever reads English."""
    name, article = instrument_name(basis.instrument, lang) or basis.instrument, article_name(basis.article, lang)
    return name if lang != "en" and _ENGLISH.search(article) else f"{name}, {article}"


def duty_rows(overview: Overview, lang: Language) -> Iterator[Row]:
    """Write each duty: what and to whom; by when and how far; its id to be copied."""
    for state in overview.duties or ():
        duty, late = state.duty, state.is_overdue(overview.at)
        limit = state.limit() if state.open else None
        clock = "" if limit is None else f" · {countdown(limit[1], overview.at, lang)}"
        weight = Weight.ALARM if late else Weight.PLAIN if state.open else Weight.QUIET
        yield Row("", f"{getattr(duty.title, lang)} · {addressees_line(duty, lang)}{clock}", weight)
        yield Row("", f"{state_line(state, lang, late=late)} · {due_line(duty, lang)}", Weight.QUIET)
        yield Row("", duty.id, Weight.QUIET)
