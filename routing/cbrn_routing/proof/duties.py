"""The rules of duties: each can arise, and runs by a clock that the catalogue knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.proof.cells import classes, kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.proof.findings import Finding
from cbrn_routing.rulebook import Matcher, RuleBook, condition_rule
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cbrn_routing.decision import Facets
    from cbrn_routing.rulebook import DutyRule


def duties(book: RuleBook, on: date) -> Iterator[Finding]:
    """Report duties that no cell can raise, and those whose clock is unknown or not confirmed."""
    for duty in book.duties:
        try:
            if raising(duty) is None:
                yield Finding("error", "duty-unreachable", duty.id, (duty.id,), on)
        except TooManyCellsError as error:
            yield Finding("error", "too-many-cells", str(error), (duty.id,), on)
        yield from _clock(duty, on)


def raising(duty: DutyRule) -> Facets | None:
    """Find the plainest cell that can exist and in which the duty arises, by the matcher's own word; or None.

    Raises:
        TooManyCellsError: the duty's conditions tell too many cells apart.
    """
    decides = Matcher(RuleBook((), (duty,)))
    conditions = (*duty.when, *duty.also, *duty.unless)
    apart = OpenMatcher(
        RuleBook((tuple(condition_rule(index, when) for index, when in enumerate(conditions)),)), on=None
    )
    asked = (1 << len(duty.when)) - 1
    everything = (1 << len(conditions)) - 1
    for pair in kind_hazards():
        if apart.masks(pair.values).when & asked:
            for cell in classes(apart, pair, everything):
                if decides.decide(cell).duties:
                    return cell
    return None


def _clock(duty: DutyRule, on: date) -> Iterator[Finding]:
    try:
        clock = duty.obligation
    except UnknownCodeError:
        yield Finding("error", "clock-unknown", f"{duty.id}: {duty.clock}", (duty.id,), on)
        return
    if clock.confidence == "low":
        yield Finding("warning", "clock-unconfirmed", f"{duty.id}: {duty.clock}", (duty.id,), on)
