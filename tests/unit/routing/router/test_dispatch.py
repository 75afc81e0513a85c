"""Who is told of an event, of its corrections and of its end; nothing withheld, nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.builders.golden import EXAMPLES, chlorine
from tests.builders.router import NOW, STRUCTURED, Arrived, reason_of, record, sit
from tests.builders.rules import OneMatcher

from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher
from cbrn_routing.router.state import ShardState, Situation
from cbrn_routing.rulebook import Eras, Matcher, national_rulebook
from cbrn_schemas.errors import Doubt, Reason
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm


def test_a_correction_reaches_the_successors_of_who_is_gone(dispatcher: Dispatcher) -> None:
    """Education and Science was split: what it was told, its two successors must be told to be over."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"moes": 1, "mes": 3, "uz": 0}, cancelled=False))
    changes = {"severity": "Minor", "urgency": "Past", "message_type": "Cancel"}
    named, _ = sit(dispatcher, record(chlorine(**changes)))
    assert not {"moe", "mshei"} & named.told()
    written, _ = sit(dispatcher, record(chlorine(**changes)), state=state)
    assert {"moe", "mshei"} <= written.told()
    assert "moes" not in written.told()
    ((_, decision, _),) = written.records["cbrn.bus.decisions"]
    assert {"moe", "mshei"} <= set(json.loads(decision or b"")["earlier"])


def test_an_heir_whom_the_rules_name_is_told_once(dispatcher: Dispatcher) -> None:
    """As a recipient in its own right: «you got the original» would hide what is expected of it now."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"moes": 1}, cancelled=False))
    written, _ = sit(dispatcher, record(chlorine(message_type="Update", exposed=["school"])), state=state)
    ((_, _, headers),) = written.records["cbrn.to.moe.alerts"]
    assert headers["cbrn_rule"] != b"earlier-recipient"
    ((_, decision, _),) = written.records["cbrn.bus.decisions"]
    assert "moe" not in json.loads(decision or b"")["earlier"]


@pytest.mark.parametrize("earlier", [{"moes": 2, "moe": 1}, {"moe": 1, "moes": 2}], ids=str)
def test_the_strongest_earlier_role_falls_to_an_heir(dispatcher: Dispatcher, earlier: dict[str, int]) -> None:
    """Whoever was asked to help must not be remembered as merely informed, in whichever order they were told."""
    sit(dispatcher, record(chlorine()))  # begins the day
    assert dispatcher._recipients.passed_on(earlier, {}) == {"moe": 2, "mshei": 2}


@pytest.mark.parametrize("after", [("Update", "Update"), ("Cancel", "Update", "Update")], ids="-".join)
def test_every_later_word_reaches_everybody_and_remembers_the_all_clear(
    dispatcher: Dispatcher, after: tuple[str, ...]
) -> None:
    """The second correction goes to whom the first went; and an all clear that was too early stays known as one."""
    state = ShardState()
    first, _ = sit(dispatcher, record(chlorine(severity="Extreme", deliberate=True)), state=state)
    cancelled = False
    for number, message_type in enumerate(after):
        one = record(chlorine(message_type=message_type, severity="Minor"), id=f"later-{number}")
        written, tally = sit(dispatcher, one, state=state)
        assert written.told() == first.told()
        assert tally.doubts == Counter([Doubt.BORDER_ESTIMATED, *[Doubt.CANCELLED_SITUATION] * cancelled])
        cancelled = cancelled or message_type == "Cancel"


OLD = {"observed": "2024-09-02T10:00:00+06:00", "reported": "2024-09-02T10:05:00+06:00", "exposed": ["school"]}


SEPTEMBER = date(2024, 9, 2)


EVE = datetime(2025, 5, 11, 17, 59, 59, tzinfo=UTC)
"""The last second of the Ministry of Education and Science: midnight in Bishkek is 18:00 in Greenwich."""


BOOK = national_rulebook()


@pytest.mark.parametrize(
    "eras",
    [
        pytest.param(Eras(BOOK), id="a book through time"),
        # Its decision is the same object before and after midnight: only the dispatcher can know of the new day.
        pytest.param(OneMatcher(Matcher(BOOK, on=SEPTEMBER, as_of=SEPTEMBER)), id="one day's"),
    ],
)
def test_at_midnight_the_successors_are_told_and_nobody_who_is_gone(eras: Eras) -> None:
    """A situation lives on through the night in which a ministry is split; the router does not restart for it."""
    engine = Engine(eras, Gazetteer())
    dispatcher, state = Dispatcher(Realm.REAL, Lane.INCIDENTS, engine), ShardState()
    before, _ = sit(dispatcher, record(chlorine(**OLD), number=1), state=state, now=EVE)
    assert "moes" in before.told()
    assert not {"moe", "mshei"} & before.told()
    later = [
        record(chlorine(**OLD, situation="another"), id="other"),
        record(chlorine(**OLD, message_type="Update"), id="update"),
        record(chlorine(**OLD, message_type="Cancel", severity="Minor"), id="cancel"),
    ]
    for one in later:
        after, _ = sit(dispatcher, one, state=state, now=EVE + timedelta(seconds=1))
        assert {"moe", "mshei"} <= after.told()
        assert "moes" not in after.told()
        assert [len(after.records[f"cbrn.to.{body}.alerts"]) for body in ("moe", "mshei")] == [1, 1]


def test_what_is_restricted_says_so_to_everybody_who_is_told(dispatcher: Dispatcher) -> None:
    """Of a theft only named officers may know: who was told of the loss before is not told that it was a theft."""
    state = ShardState()
    theft = json.loads((EXAMPLES / "lost-source.json").read_text(encoding="utf-8")) | {"body": "mes", "stolen": True}
    state.keep(theft["situation"], Situation({"moe": 1}, cancelled=False))
    written, _ = sit(dispatcher, record(theft | {"message_type": "Update"}), state=state)
    assert "moe" not in written.told()
    alerts = [headers for topic, some in written.records.items() if ".to." in topic for _, _, headers in some]
    assert len(alerts) > 3
    assert {headers.get("cbrn_restricted") for headers in alerts} == {b"true"}
    plain, _ = sit(dispatcher, record(chlorine()))
    assert "cbrn_restricted" not in plain.records["cbrn.to.mes.alerts"][0][2]


def test_two_agencies_may_use_the_same_id(dispatcher: Dispatcher) -> None:
    """An id is its publisher's own: what another has called the same is another event."""
    state = ShardState()
    theirs = record(chlorine(body="moh", severity="Minor"), source="/moh")
    theirs.topic = "cbrn.from.moh.incidents"
    _, tally = sit(dispatcher, record(chlorine()), theirs, state=state)
    assert tally.counts == {"routed": 2}


def test_a_resent_event_counts_once_also_after_a_restart(dispatcher: Dispatcher) -> None:
    """An agency that got no answer sends again; nobody is alarmed twice."""
    state = ShardState()
    sit(dispatcher, record(chlorine()), state=state)
    restarted = ShardState()
    restarted.restore(state.record())
    for memory in (state, restarted):
        written, tally = sit(dispatcher, record(chlorine()), state=memory)
        assert tally.counts == {"duplicate": 1}
        assert written.records == {}


def test_an_id_in_two_spellings_of_unicode_counts_once(dispatcher: Dispatcher) -> None:
    """A file's name from one system and from another: the same letters, other bytes."""
    state = ShardState()
    sit(dispatcher, record(chlorine(), id="пост-й"), state=state)
    _, tally = sit(dispatcher, record(chlorine(), id="пост-и\u0306"), state=state)
    assert tally.counts == {"duplicate": 1}


def test_the_same_id_with_other_content_is_set_aside(dispatcher: Dispatcher) -> None:
    """Which of the two is true, a person must say."""
    state = ShardState()
    sit(dispatcher, record(chlorine()), state=state)
    written, _ = sit(dispatcher, record(chlorine(severity="Minor")), state=state)
    assert reason_of(written) == Reason.ID_REUSED


def test_the_bytes_that_came_are_the_bytes_that_go(dispatcher: Dispatcher) -> None:
    """A signature over the event stays valid, binary or structured, whatever its spacing."""
    spaced = json.dumps(chlorine(), indent=3, ensure_ascii=False).encode()
    binary = Arrived(spaced, record(chlorine()).headers)
    whole = b'{"specversion":"1.0","id":"s","source":"/mes","data": %s ,"type":"%s"}' % (
        spaced,
        ce_type("chemical-release").encode(),
    )
    for arrived in (binary, Arrived(whole, STRUCTURED)):
        written, tally = sit(dispatcher, arrived)
        assert tally.counts == {"routed": 1}
        _, value, headers = written.records["cbrn.to.mes.alerts"][0]
        assert value == spaced
        assert headers["ce_source"] == b"/mes"
        assert headers["content-type"] == b"application/json"


def test_an_alert_says_role_rule_and_by_when_to_answer(dispatcher: Dispatcher) -> None:
    """The officer reads these first."""
    written, _ = sit(dispatcher, record(chlorine()))
    headers = written.records["cbrn.to.mes.alerts"][0][2]
    assert headers["cbrn_role"] == b"lead"
    assert headers["cbrn_rule"]
    by = datetime.fromisoformat(headers["cbrn_acknowledge_by"].decode())
    assert NOW < by <= NOW + timedelta(hours=4)
    decision = json.loads(written.records["cbrn.bus.decisions"][0][1] or b"")
    assert {recipient["body"] for recipient in decision["recipients"]} == written.told()


def test_an_all_clear_is_held_for_the_neighbour_for_whom_the_alarm_was_held(dispatcher: Dispatcher) -> None:
    """Whoever let the first copy go must be able to let the correction go, though the rules no longer name him."""
    state = ShardState()
    border = {"where": {"point": {"lat": 43.04, "lon": 74.71}}}
    first, _ = sit(dispatcher, record(chlorine(**border)), state=state)
    second, _ = sit(
        dispatcher, record(chlorine(message_type="Cancel", severity="Minor", **border), id="u"), state=state
    )
    held = [headers["cbrn_partner"] for _, _, headers in first.records["cbrn.bus.outbound"]]
    again = {headers["cbrn_partner"]: headers["cbrn_rule"] for _, _, headers in second.records["cbrn.bus.outbound"]}
    assert held == [b"kz", b"who"]
    assert again == {b"kz": b"earlier-recipient", b"who": b"earlier-recipient"}
    assert not any(".to.kz." in topic for topic in second.records)


def test_paperwork_that_fails_holds_back_no_alert(dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in a treaty's form is found in the log; the ministries are told all the same."""

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("cbrn_routing.router.duty_records.LaidOut.records", broken)
    example = EXAMPLES / "tailings-failure.json"
    written, tally = sit(dispatcher, record(json.loads(example.read_text(encoding="utf-8")) | {"body": "mes"}))
    assert tally.counts == {"routed": 1}
    assert "mes" in written.told()
    assert "cbrn.bus.duties" not in written.records
