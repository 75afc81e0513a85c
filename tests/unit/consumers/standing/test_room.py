"""What is remembered is bounded, and what is kept is whole: an answer is not lost before the alert that it answers."""

from __future__ import annotations

import pytest
from tests.builders.standing import answer, told

from cbrn_consumers.standing import Standings, fold

ROOM = 20
NIGHT = 50
"""Situations; more than there is room for."""
NAMES = [f"KG-{number}" for number in range(NIGHT)]


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    monkeypatch.setattr(fold, "SITUATIONS_MAX", ROOM)


def answered(standings):
    return [name for name in NAMES if (one := standings.of(name)) is not None and not one.waiting()]


@pytest.mark.parametrize("answers_first", [True, False])
def test_of_more_situations_than_there_is_room_for_those_that_are_kept_are_kept_with_their_answers(answers_first):
    """Read one after the other, each answer had been forgotten when its alert came, and the reverse."""
    standings = Standings()
    telling = [lambda name=name: standings.tell(told(0, situation=name)) for name in NAMES]
    taking = [lambda name=name: standings.take(answer(1, "accepted", situation=name)) for name in NAMES]
    for act in (*taking, *telling) if answers_first else (*telling, *taking):
        act()
    assert standings.situations() == tuple(NAMES[-ROOM:])
    assert answered(standings) == NAMES[-ROOM:]
    assert standings.forgotten == NIGHT - ROOM


def test_answers_on_what_nobody_was_told_of_are_kept_apart_and_bounded():
    """Whoever writes receipts at random takes no room from an alert."""
    standings = Standings()
    standings.tell(told(0, situation="KG-real"))
    for name in NAMES:
        standings.take(answer(1, "accepted", situation=name))
    assert "KG-real" in standings
    assert len(standings.strays()) == ROOM
