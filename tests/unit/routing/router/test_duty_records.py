"""What the router writes of duties: in the transaction of the alerts, once an event, and nothing is taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from tests.builders.duties import NOW, data
from tests.builders.router import Written, record, sit

from cbrn_routing.duties import State, Verifier
from cbrn_routing.duties.fold import fold
from cbrn_routing.router.state import Segment, ShardState, segment_key
from cbrn_schemas.decision_record import DecisionRecord
from cbrn_schemas.duty import Noted, Raised, parse_duty_record

if TYPE_CHECKING:
    import pytest

    from cbrn_routing.router import Dispatcher

DUTIES = "cbrn.bus.duties"
DAM = "KG-2026-dam/enc-tailings"


def dam(**changes: Any) -> dict[str, Any]:
    return data("tailings-failure", body="mes", situation="KG-2026-dam", **changes)


def entries(written: Written) -> list[Any]:
    found = []
    for key, value, _ in written.records.get(DUTIES, []):
        entry = parse_duty_record(value or b"")
        assert (key or b"").decode() == entry.id, "the key is the duty"
        found.append(entry)
    return found


def test_an_event_raises_its_duties_with_itself_as_evidence(dispatcher: Dispatcher) -> None:
    """Whoever drafts needs the report, and whoever asks «why» the facts."""
    written, _ = sit(dispatcher, record(dam(), number=1))
    raised = {entry.id: entry for entry in entries(written)}
    assert DAM in raised
    entry = raised[DAM]
    assert isinstance(entry, Raised)
    assert (entry.duty.evidence.id, entry.duty.evidence.source) == ("e1", "/mes")
    assert entry.event == dam()
    assert entry.at == NOW
    assert "UZ" in {fact.value for fact in entry.duty.basis}


def test_the_decision_lists_the_duties_and_keeps_its_contract(dispatcher: Dispatcher) -> None:
    """One record says who was told and what is owed."""
    written, _ = sit(dispatcher, record(dam(), number=1))
    ((_, value, _),) = written.records["cbrn.bus.decisions"]
    decision = DecisionRecord.model_validate_json(value or b"")
    assert set(decision.duties) == {entry.duty.rule for entry in entries(written)}
    assert "enc-tailings" in decision.duties


def test_a_resent_event_raises_nothing_again(dispatcher: Dispatcher) -> None:
    """It was counted before."""
    state = ShardState()
    sit(dispatcher, record(dam(), number=1), state=state)
    written, tally = sit(dispatcher, record(dam(), number=1), state=state)
    assert tally.counts["duplicate"] == 1
    assert not entries(written)


def test_an_update_adds_evidence_to_the_same_duty(dispatcher: Dispatcher) -> None:
    """The id is the situation's: one notification is owed, not one a report."""
    state = ShardState()
    first, _ = sit(dispatcher, record(dam(), number=1), state=state)
    second, _ = sit(dispatcher, record(dam(message_type="Update", volume_m3=5), number=2), state=state)
    duty = fold([(each, each.at) for each in (*entries(first), *entries(second))], Verifier())[DAM]
    assert len(duty.evidence) == 2
    assert duty.state is State.RAISED


def test_a_correction_that_no_longer_raises_a_duty_is_noted_on_it(dispatcher: Dispatcher) -> None:
    """«The dam holds after all»: perhaps Vienna has been told by now, so a person decides."""
    state = ShardState()
    first, _ = sit(dispatcher, record(dam(), number=1), state=state)
    calm = dam(message_type="Update", state="stable", severity="Minor", reached_river=False)
    second, _ = sit(dispatcher, record(calm, number=2), state=state)
    notes = {entry.id: entry for entry in entries(second) if isinstance(entry, Noted)}
    assert notes[DAM].note == "no-longer-raised"
    duty = fold([(each, each.at) for each in (*entries(first), *entries(second))], Verifier())[DAM]
    assert duty.cancelled
    assert duty.open


def test_a_cancellation_is_noted_on_every_duty_of_the_situation_also_after_a_restart(dispatcher: Dispatcher) -> None:
    """The memory of what a situation has raised lies in the shard's state."""
    state = ShardState()
    first, _ = sit(dispatcher, record(dam(), number=1), state=state)
    restored = ShardState()
    restored.restore(state.record())
    second, _ = sit(dispatcher, record(dam(message_type="Cancel"), number=2), state=restored)
    noted = entries(second)
    assert {entry.note for entry in noted} == {"cancelled"}
    assert {entry.id for entry in noted} == {entry.id for entry in entries(first)}


def test_a_duty_that_a_correction_withdrew_is_still_noted_by_the_cancellation(dispatcher: Dispatcher) -> None:
    """What was told abroad after the first report must be taken back after the last, whatever came between."""
    state = ShardState()
    first, _ = sit(dispatcher, record(dam(), number=1), state=state)
    calm = dam(message_type="Update", state="stable", severity="Minor", reached_river=False)
    sit(dispatcher, record(calm, number=2), state=state)
    last, _ = sit(
        dispatcher, record(dam(message_type="Cancel", state="stable", severity="Minor"), number=3), state=state
    )
    assert {entry.note for entry in entries(last)} == {"cancelled"}
    assert DAM in {entry.id for entry in entries(last)} >= {entry.id for entry in entries(first)}


def test_a_cancellation_of_what_nobody_knows_raises_nothing(dispatcher: Dispatcher) -> None:
    """It says that there is nothing."""
    written, _ = sit(dispatcher, record(dam(message_type="Cancel"), number=1))
    assert not entries(written)


def test_a_fault_while_duties_are_written_down_holds_back_no_alert(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it shows only while the records are laid out."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no such clock")

    monkeypatch.setattr("cbrn_routing.router.duty_records.duties_of", broken)
    written, tally = sit(dispatcher, record(dam(), number=1))
    assert tally.counts["routed"] == 1
    assert "mes" in written.told()


def test_a_harmless_event_writes_no_record_of_duties(dispatcher: Dispatcher) -> None:
    """Most events owe nobody anything."""
    written, _ = sit(dispatcher, record(data("overexposure", body="mes", severity="Minor"), number=1))
    assert DUTIES not in written.records


def test_state_of_before_there_were_duties_is_still_read() -> None:
    """A router of today takes over a shard that yesterday's has left."""
    old = {"number": 0, "ids": "", "situations": {"KG-1": [{"mes": 3}, False]}, "offsets": {}}
    state = ShardState()
    state.restore([(segment_key(0), json.dumps(old).encode())])
    assert state.situations["KG-1"].duties == ()
    assert msgspec.json.decode(state.record()[0][1] or b"", type=Segment)
