"""What is doubtful about an event, said by the commands before it is sent."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.doubtful import CASES
from tests.builders.golden import chlorine
from tests.builders.router import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

SWAPPED = chlorine(where={"point": {"lat": 74.57, "lon": 42.87}})


class Stopped(datetime):
    """A clock that stands at the time of the tests."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # it answers with a plain one
        return NOW.astimezone(tz)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbrn_deploy.cli.events.route.datetime", Stopped)
    monkeypatch.setattr("cbrn_producers.files.datetime", Stopped)


def dry_run(cbrn: Callable[..., Result], *data: dict[str, Any], options: tuple[str, ...] = ()) -> Result:
    lines = "\n".join(map(json.dumps, data))
    return cbrn("publish", "-", "--as", data[0]["body"], "--dry-run", *options, stdin=lines)


@pytest.mark.parametrize("case", CASES)
def test_route_and_the_dry_run_say_the_same(cbrn: Callable[..., Result], case: str) -> None:
    """One event, one judgement, whichever command a person tries first; a warning fails nothing."""
    data, expected = CASES[case]
    routed = json.loads(cbrn("route", "-", "--json", stdin=json.dumps(data)).stdout)
    dry = dry_run(cbrn, data, options=("--json",))
    doubts = [str(doubt) for doubt, _, _ in expected]
    assert [each["doubt"] for each in routed["warnings"]] == doubts
    assert routed["doubts"] == list(dict.fromkeys(doubts))
    assert json.loads(dry.stdout)["warnings"] == routed["warnings"]
    assert dry.exit_code == 0


@pytest.mark.parametrize(
    ("lang", "part", "good", "counted"),
    [
        ("en", "Bishkek", "good", "2 would be published, 0 refused, 1 with warnings"),
        ("ru", "поменять их местами", "годится", "2 было бы опубликовано, 0 отклонено, 1 с предупреждениями"),
        ("ky", "Бишкек", "жарактуу", "2 жарыяланмак, 0 четке кагылды, 1 эскертүү менен"),
    ],
)
def test_a_warning_stands_beneath_its_event_with_its_remedy(
    cbrn: Callable[..., Result], lang: str, part: str, good: str, counted: str
) -> None:
    """In the language of whoever reads it."""
    answer = dry_run(cbrn, SWAPPED, chlorine(situation="KG-2026-good"), options=("--lang", lang))
    first, *beneath, other, end = answer.stdout.splitlines()
    assert first.startswith(f"(stdin):1: {good}, id ")
    assert len(beneath) == 4
    assert all("where.point: " in line for line in beneath[::2])
    assert part in beneath[2]
    assert "lat" in beneath[3]
    assert other.startswith(f"(stdin):2: {good}, id ")
    assert end == counted
    route = cbrn("route", "-", "--lang", lang, stdin=json.dumps(SWAPPED))
    assert all(line in route.stdout.splitlines() for line in beneath)


def test_strict_refuses_what_has_a_warning_and_nothing_else(cbrn: Callable[..., Result]) -> None:
    """The checks of an agency's program fail where its events raise a doubt."""
    answer = dry_run(cbrn, SWAPPED, chlorine(situation="KG-2026-good"), options=("--strict",))
    assert "(stdin):1: refused: the bus would carry it with 2 warnings" in answer.stdout
    assert "Bishkek" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "1 would be published, 1 refused"
    assert answer.exit_code == 1
    refused, good = map(
        json.loads, dry_run(cbrn, SWAPPED, chlorine(), options=("--strict", "--json")).stdout.splitlines()
    )
    assert (refused["reason"], len(refused["warnings"])) == ("DoubtfulEventError", 2)
    assert good["warnings"] == []
    assert dry_run(cbrn, chlorine(), options=("--strict",)).exit_code == 0


def test_strict_publishing_asks_no_broker_for_what_has_a_warning(cbrn: Callable[..., Result]) -> None:
    """Nothing of it is sent: the command ends before it looks for Kafka."""
    answer = cbrn(
        "publish", "-", "--as", "mes", "--strict", "--bootstrap-servers", "127.0.0.1:1", stdin=json.dumps(SWAPPED)
    )
    assert answer.exit_code == 1
    assert "0 published, 1 refused" in answer.stdout
