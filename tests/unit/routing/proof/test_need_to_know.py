"""That the national book keeps what is closed, and that the check would see it if the matcher did not."""

from __future__ import annotations

from datetime import date

import pytest

from cbrn_routing.proof.need_to_know import need_to_know
from cbrn_routing.rulebook import Matcher, national_rulebook

DAY = date(2026, 11, 27)


def test_the_national_book_tells_nobody_whom_it_must_not() -> None:
    """Restricted, RED, AMBER+STRICT: in every class of cells that restricted rules tell apart."""
    assert list(need_to_know(national_rulebook(), DAY)) == []


@pytest.mark.parametrize(
    ("method", "broken"),
    [
        ("_need_to_know", lambda _self, matched, _facets: matched),
        ("stays_inside", lambda _self, _body, _role: True),
    ],
)
def test_a_matcher_that_let_them_through_would_be_found(
    monkeypatch: pytest.MonkeyPatch, method: str, broken: object
) -> None:
    """A proof that finds nothing whatever the matcher does would prove nothing."""
    monkeypatch.setattr(Matcher, method, broken)
    found = list(need_to_know(national_rulebook(), DAY))
    assert {finding.code for finding in found} == {"need-to-know"}
