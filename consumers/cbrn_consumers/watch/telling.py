"""Who hears of a lack, and what: of a restricted alert nobody who was not told of it, and no content. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.watch.policy_file import LEAD
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.unanswered import LANGUAGES, Unanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from cbrn_consumers.watch.deadlines import Lack
    from cbrn_consumers.watch.escalation import Chain
    from cbrn_consumers.watch.policy import Target

ID_DIGITS: Final = 40


def within(targets: Sequence[Target], told: Collection[str], *, restricted: bool) -> tuple[Target, ...]:
    """Leave out steps to bodies that may not hear of it."""
    return tuple(each for each in targets if not restricted or each.body in told)


def hearers(target: Target, told: Mapping[str, str], *, restricted: bool, on: date) -> dict[str, str]:
    """Return who gets the alarm, and in which role: who is asked leads, the others are informed."""
    named = [each for code in target.tell if code != LEAD for each in in_office(code, on)]
    leads = [body for body, role in told.items() if role == LEAD] if LEAD in target.tell else []
    found = {target.body: "lead"}
    for code in (*leads, *named):
        known = bodies().get(code)  # a state outlives catalogues
        if known is not None and known.receives and (not restricted or code in told):
            found.setdefault(code, "inform")
    return found


def alarm_id(situation: str, body: str, chain: Chain) -> str:
    """Name an alarm by what it is about: the same one always has the same name."""
    name = f"{situation}\0{body}\0{chain.key}\0{chain.level}"
    return f"unanswered-{hashlib.sha256(name.encode()).hexdigest()[:ID_DIGITS]}"


def alarm_of(lack: Lack, chain: Chain, target: Target, again: datetime | None, *, restricted: bool) -> Unanswered:
    """Make the alarm of the step that was just taken."""
    told = lack.told
    content: dict[str, Any] = {}
    if not restricted:
        content = {
            "severity": lack.latest.facts.severity,
            "headline": dict(lack.latest.headlines) or None,
            "changed": tuple({lang: change.text(lang)[:600] for lang in LANGUAGES} for change in lack.changed),
            "reason": lack.reason,
        }
    return Unanswered.model_validate(
        {
            "situation": told.situation,
            "body": told.body,
            "lacking": lack.lacking,
            "event": {"source": told.source, "id": told.id},
            "due": lack.due,
            "at": chain.at,
            "level": chain.level,
            "step": target.step,
            "asked": target.body,
            "again": again,
            **content,
        }
    )
