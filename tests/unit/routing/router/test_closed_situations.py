"""Who hears the rest of a situation that is closed: from the start, or from some later report on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.golden import EXAMPLES, chlorine
from tests.builders.router import record, sit

from cbrn_routing.router.state import ShardState, Situation
from cbrn_routing.rulebook import Directory
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    from cbrn_routing.router import Dispatcher

INSIDE = Directory.from_catalogue().inside


def told_of(dispatcher: Dispatcher, state: ShardState, event: Any, number: int) -> tuple[set[str], dict[Doubt, int]]:
    """Bodies that get an alert of one more report on the situation, and the doubts."""
    written, tally = sit(dispatcher, record(event, id=f"report-{number}"), state=state)
    return set(written.told()), dict(tally.doubts)


@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT"])
def test_who_knows_of_what_is_closed_hears_that_it_is_over(dispatcher: Dispatcher, tlp: str) -> None:
    """The mark never changed: who was told under it holds the secret, and goes on warning without the end."""
    state = ShardState()
    first, _ = told_of(dispatcher, state, chlorine(severity="Extreme", tlp=tlp), 1)
    over, doubts = told_of(dispatcher, state, chlorine(severity="Minor", tlp=tlp, message_type="Cancel"), 2)
    assert first > {"mes", "mes-cmc"}
    assert over >= first
    assert Doubt.EARLIER_NOT_TOLD not in doubts


def test_what_a_restricted_rule_told_is_told_to_its_end(dispatcher: Dispatcher) -> None:
    """Of an extreme theft more are named than of a minor one; that it is over concerns them all."""
    state = ShardState()
    theft = json.loads((EXAMPLES / "lost-source.json").read_text(encoding="utf-8")) | {"body": "mes", "stolen": True}
    first, _ = told_of(dispatcher, state, theft | {"severity": "Extreme"}, 1)
    over, doubts = told_of(dispatcher, state, theft | {"severity": "Minor", "message_type": "Cancel"}, 2)
    assert len(first) > 3
    assert over >= first
    assert Doubt.EARLIER_NOT_TOLD not in doubts


def test_whoever_hears_of_it_by_memory_hears_that_it_is_restricted(dispatcher: Dispatcher) -> None:
    """The crisis centre would else pass it on like any other alert."""
    state = ShardState()
    theft = json.loads((EXAMPLES / "lost-source.json").read_text(encoding="utf-8")) | {"body": "mes", "stolen": True}
    first, _ = told_of(dispatcher, state, theft | {"severity": "Extreme"}, 1)
    alone, _ = told_of(dispatcher, ShardState(), theft | {"severity": "Minor"}, 2)
    assert first - alone
    over = record(theft | {"severity": "Minor", "message_type": "Cancel"}, id="over")
    written, _ = sit(dispatcher, over, state=state)
    alerts = [headers for topic, some in written.records.items() if ".to." in topic for _, _, headers in some]
    assert len(alerts) >= len(first)
    assert {headers.get("cbrn_restricted") for headers in alerts} == {b"true"}


def test_members_hear_what_stays_among_the_members(dispatcher: Dispatcher) -> None:
    """Open first, then AMBER+STRICT: schools are members' business, and stay shut if nobody tells their ministry."""
    state = ShardState()
    first, _ = told_of(dispatcher, state, chlorine(severity="Extreme", deliberate=True, exposed=["school"]), 1)
    over, doubts = told_of(
        dispatcher, state, chlorine(severity="Minor", tlp="AMBER+STRICT", message_type="Cancel", exposed=[]), 2
    )
    assert first & INSIDE <= over
    assert over.isdisjoint(first - INSIDE - {"mes"})
    assert doubts[Doubt.EARLIER_NOT_TOLD] == 1, "those who are told see that some are not"


def test_what_becomes_red_is_told_to_nobody_by_memory_and_says_so(dispatcher: Dispatcher) -> None:
    """They heard of an open report; what is for named persons now is not their business, and the lead learns that."""
    state = ShardState()
    first, _ = told_of(dispatcher, state, chlorine(severity="Extreme", deliberate=True, exposed=["school"]), 1)
    later, doubts = told_of(dispatcher, state, chlorine(severity="Minor", tlp="RED", message_type="Update"), 2)
    assert not first <= later
    assert doubts[Doubt.EARLIER_NOT_TOLD] == 1


def test_what_was_for_members_and_becomes_red_is_not_told_by_memory(dispatcher: Dispatcher) -> None:
    """AMBER+STRICT named more than RED does: only those who were told under RED hold that secret."""
    state = ShardState()
    told_of(dispatcher, state, chlorine(severity="Extreme", tlp="AMBER+STRICT"), 1)
    red, _ = told_of(dispatcher, state, chlorine(severity="Minor", tlp="RED", message_type="Update"), 2)
    alone, _ = told_of(dispatcher, ShardState(), chlorine(severity="Minor", tlp="RED"), 3)
    assert red == alone


def test_an_open_report_after_a_closed_one_reaches_everybody(dispatcher: Dispatcher) -> None:
    """What opens again is told to all who ever heard of it."""
    state = ShardState()
    first, _ = told_of(dispatcher, state, chlorine(severity="Extreme", tlp="RED"), 1)
    over, doubts = told_of(dispatcher, state, chlorine(severity="Minor", message_type="Cancel"), 2)
    assert over >= first
    assert Doubt.EARLIER_NOT_TOLD not in doubts


def test_the_heirs_of_a_member_hear_what_stays_among_the_members(dispatcher: Dispatcher) -> None:
    """The situation is older than the split of the ministry; both halves are members."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"mes": 3, "moes": 1}, cancelled=False))
    over, doubts = told_of(dispatcher, state, chlorine(severity="Minor", tlp="AMBER+STRICT", message_type="Cancel"), 1)
    assert {"moe", "mshei"} <= over
    assert Doubt.EARLIER_NOT_TOLD not in doubts


def test_who_was_named_for_a_sealed_case_hears_its_end_under_a_wider_mark(dispatcher: Dispatcher) -> None:
    """The border service is no member, and holds the secret since it was RED."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"mes": 3, "sbs": 2}, cancelled=False, sealed=("mes", "sbs")))
    over, doubts = told_of(dispatcher, state, chlorine(severity="Minor", tlp="AMBER+STRICT", message_type="Cancel"), 1)
    assert "sbs" in over
    assert Doubt.EARLIER_NOT_TOLD not in doubts
