"""What the inbox prints of readings: the reader's units, directions and limits, and no code of any of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rich.console import Console
from tests.builders.golden import EXAMPLES
from tests.builders.inbox import START, alert

from cbrn_consumers.inbox import Inbox, OwnAnswers, Silences, delivery_of
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES, lane_of, parse_event
from cbrn_schemas.topics import Lane

READINGS = [kind for kind in EVENT_TYPES if lane_of(kind) is Lane.MONITORING]
CODES = re.compile(r"uSv|uR/|\{NTU\}|\[p|m3\b|Cel\b|\bdeg\b|-limit\b|attention\b|\bnormal\b|\bdanger\b")
"""Codes of units and of verdicts. In English a few verdicts are words."""


def printed(kind: str, lang: Any, **changes: Any) -> str:
    """All that the inbox can show of one message of a station."""
    given = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    data = json.dumps(given | changes | {"texts": {}}).encode()
    delivery = delivery_of(alert(parse_event(data), data=data), lane_of(kind))
    box = Inbox(Silences("moh"))
    box.take(delivery, START)
    console = Console(width=400, markup=False, highlight=False, record=True, quiet=False)
    screen = InboxScreen(lang, OwnAnswers("moh"), console)
    screen.show_view(box.view(START), hidden=False)
    screen.show_lines(box.view(START).lines, START)
    screen.show_messages([delivery])
    text = console.export_text()
    assert f"{word('field', 'urgency', lang)}: " in text, "the details are there"
    return text


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize("kind", READINGS)
def test_no_code_of_a_unit_or_a_limit_is_printed(kind: str, lang: str) -> None:
    """In the list, in the series, in the messages and in the details below each."""
    text = printed(kind, lang)
    if lang == "en":
        text = re.sub(r"attention (?:level|mark)|danger level|grave danger|\bnormal\b", "", text)
    assert not CODES.search(text), text


@pytest.mark.parametrize(
    ("kind", "changes", "lang", "shown"),
    [
        ("gamma-dose-rate", {}, "ru", "0,23 мкЗв/ч"),
        ("gamma-dose-rate", {}, "ky", "0,23 мкЗв/саат"),
        ("gamma-dose-rate", {}, "en", "0.23 µSv/h"),
        ("dispersion-weather", {"wind_from_deg": 225}, "ru", "225° (ЮЗ)"),
        ("dispersion-weather", {"wind_from_deg": 225}, "ky", "225° (түштүк-батыш)"),
        ("water-quality", {"measurements": [{"quantity": "acidity", "value": 7.9, "unit": "[pH]"}]}, "ru", "pH 7,9"),
        (
            "water-quality",
            {"measurements": [{"quantity": "turbidity", "value": 350, "unit": "{NTU}"}]},
            "ky",
            "350 НЕМ",
        ),
        ("tailings-level", {"threshold": "danger"}, "ru", "опасный уровень"),
        ("gas-concentration", {"exceeds": "ambient-limit"}, "ky", "атмосфералык аба үчүн чектен жогору"),
    ],
)
def test_readings_are_written_for_the_reader(kind: str, changes: dict[str, Any], lang: str, shown: str) -> None:
    """The examples that officers complained of."""
    assert shown in printed(kind, lang, **changes)
