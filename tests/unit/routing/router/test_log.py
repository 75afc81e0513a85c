"""What the router says in its log of doubtful events: each of a few, the number of many."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs
from tests.builders.golden import chlorine
from tests.builders.router import record, sit

from cbrn_routing.router.log import LINES_MAX, RoutingLog
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    import pytest

    from cbrn_routing.router import Dispatcher


def doubtful(number: int) -> Any:
    """An event whose substance is a guess."""
    guess = [{"name": "chlorine", "confirmed": False}]
    return record(chlorine(substances=guess), number=number)


def lines_of(dispatcher: Dispatcher, number: int) -> list[Any]:
    with capture_logs() as lines:
        _, tally = sit(dispatcher, *map(doubtful, range(number)))
    assert tally.counts == {"routed": number}
    assert all(line["log_level"] == "warning" for line in lines)
    return lines


def test_a_few_doubtful_events_are_told_one_by_one(dispatcher: Dispatcher) -> None:
    """Whoever reads the log sees which event it was, and who was told."""
    lines = lines_of(dispatcher, LINES_MAX)
    assert [line["event"] for line in lines] == ["routed with warnings"] * LINES_MAX
    assert all("chlorine" not in str(line) and line["told"] for line in lines)
    assert len({line["offset"] for line in lines}) == LINES_MAX


def test_of_a_batch_of_many_the_rest_is_counted(dispatcher: Dispatcher) -> None:
    """A flood of lines hides the one that matters, and each costs half of what its event does; nothing goes unsaid."""
    for _ in range(2):  # a batch has its lines whatever the one before it had
        *told, last = lines_of(dispatcher, LINES_MAX + 5)
        assert [line["event"] for line in told] == ["routed with warnings"] * LINES_MAX
        assert (last["event"], last["events"]) == ("further events routed with warnings", 5)
        assert last["doubts"] == {word("doubt", Doubt.SUBSTANCE_UNCONFIRMED, "en"): 5}


def test_at_debug_every_event_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever asks for all of it gets it."""
    caplog.set_level(logging.DEBUG, logger="cbrn.router")
    assert RoutingLog("en").routine


def test_a_line_that_cannot_be_written_costs_no_alert(dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is written."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(RoutingLog, "routed", broken)
    monkeypatch.setattr(RoutingLog, "end", broken)
    with capture_logs() as lines:
        written, _ = sit(dispatcher, doubtful(0))
    assert written.told()
    assert {line["event"] for line in lines} == {"could not be told to the log"}
