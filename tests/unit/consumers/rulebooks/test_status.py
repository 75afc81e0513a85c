"""What is said of routers' reports: in force is what a router says, and who is silent says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from cbrn_consumers.rulebooks.status import Outcome, Reports, answer_of
from cbrn_deploy.cli.rules.rulebook_screen import took_it
from cbrn_routing.activation import Activation, Signature
from cbrn_routing.activation.status import TEXT_MAX, Refusal, Report, RulebookStatus, parse_status, shortened
from cbrn_routing.router.reporting import router_name
from cbrn_schemas.topics import Lane

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
ACTIVATION = Activation(
    sequence=4,
    digest="a" * 64,
    files={"a.yaml": "rules: []"},
    activated=NOW,
    signatures=(Signature(key="A" * 43 + "=", signature="A" * 86 + "=="),),
)
OFFSET = 9
REFUSAL = Refusal(offset=OFFSET, sequence=4, why="a gap", hint="Mend it.", at=NOW)


def status(**changes: Any) -> RulebookStatus:
    given = {
        "router": "incidents/0",
        "lane": "incidents",
        "sequence": 3,
        "digest": "b" * 64,
        "considered": 8,
        "at": NOW,
    }
    return RulebookStatus(**given | changes)


def report(heard: datetime = NOW, **changes: Any) -> Report:
    return Report(status(**changes), heard)


@pytest.mark.parametrize(
    ("changes", "outcome", "why"),
    [
        ({"sequence": 4, "digest": "a" * 64, "considered": 9}, Outcome.TAKEN, None),
        ({"refused": (REFUSAL,), "considered": 9}, Outcome.REFUSED, "a gap"),
        ({"refused": (REFUSAL,)}, Outcome.REFUSED, "a gap"),
        ({"considered": 12}, Outcome.REFUSED, "number 3 is in force there"),
        ({"considered": 12, "sequence": 0, "digest": None}, Outcome.REFUSED, "the shipped book decides there"),
        ({}, Outcome.UNHEARD, None),
        ({"problem": "TrustFileError: no TOML"}, Outcome.UNHEARD, "TrustFileError: no TOML"),
        ({"sequence": 4}, Outcome.UNHEARD, None),
    ],
)
def test_a_router_has_taken_refused_or_not_said(changes: dict[str, Any], outcome: Outcome, why: str | None) -> None:
    """The same number with another book is not it; what was considered and is not in force was not obeyed."""
    answer = answer_of(report(**changes), ACTIVATION, OFFSET)
    assert (answer.outcome, answer.why) == (outcome, why)


def test_whether_it_is_in_force_is_said_by_those_alone_who_were_heard() -> None:
    """One that was killed leaves its report behind: it must neither be waited for nor be believed to refuse."""
    gone = NOW - timedelta(seconds=71)
    taken, refused = {"sequence": 4, "digest": "a" * 64}, {"refused": (REFUSAL,)}

    def say(*reports: Report) -> bool | None:
        return took_it([answer_of(each, ACTIVATION, OFFSET) for each in reports], NOW)

    assert say(report(**taken), report(**refused)) is True
    assert say(report(**refused), report(heard=gone)) is False
    assert say(report()) is False, "alive, and silent about it"
    assert say(report(heard=gone)) is None
    assert say() is None
    assert took_it(None, NOW) is None


@dataclass
class Consumed:
    """A record of the topic."""

    key: bytes | None
    value: bytes | None
    topic: str = "cbrn.bus.rulebook-status"
    partition: int = 0
    offset: int = 0
    timestamp: int = int(NOW.timestamp() * 1000)
    timestamp_type: int = 1


def test_the_last_report_of_a_router_stands_until_it_leaves() -> None:
    """What cannot be read hides no other router, and a newer version's report is read as far as it is known."""
    reports = Reports()
    newer = status(sequence=4).model_dump_json()[:-1].encode() + b',"mood":"good"}'
    with capture_logs() as lines:
        reports.take(
            [
                Consumed(b"incidents/0", status().model_dump_json().encode()),
                Consumed(b"x", b"[" * 10_000),
                Consumed(b"monitoring/0", status(router="monitoring/0").model_dump_json().encode()),
                Consumed(b"incidents/0", newer),
                Consumed(b"monitoring/0", None),
                Consumed(b"nobody", None),
            ]  # type: ignore[arg-type] # what is needed of a record
        )
    assert [(each.status.router, each.status.sequence) for each in reports.all()] == [("incidents/0", 4)]
    assert [line["record"] for line in lines] == ["cbrn.bus.rulebook-status/0/0"]
    assert parse_status(newer).sequence == 4


def test_two_routers_without_names_are_two() -> None:
    """In one process, in two containers of one image: one must not speak for the other."""
    names = {router_name(Lane.INCIDENTS, None) for _ in range(20)}
    assert len(names) == 20
    assert router_name(Lane.MONITORING, "monitoring-0") == "monitoring/monitoring-0"
    assert len(router_name(Lane.INCIDENTS, "x" * 500)) == 200


def test_a_long_reason_fits_into_a_report() -> None:
    """A refusal that is too long to be told would end the telling."""
    assert len(shortened("x" * 5_000)) == TEXT_MAX
    assert status(problem=shortened("ы" * 5_000)).problem
