"""A book that decides by one matcher whatever the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbrn_routing.rulebook import Eras
from cbrn_routing.rulebook.eras import Span

if TYPE_CHECKING:
    from cbrn_routing.rulebook import Matcher


class OneMatcher(Eras):
    """Old cases are told to the bodies of today, and a decision is the same object before and after midnight."""

    def __init__(self, matcher: Matcher) -> None:
        super().__init__(matcher.book)
        self._matcher = matcher

    def span(self, moment: datetime) -> Span:
        """Return all time."""
        del moment
        return Span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), self._matcher)
