"""A watch on 80 columns in three languages: nothing split, nothing wider, holes seen, and no number."""

import unicodedata

import pytest
from tests.builders.rota import (
    OFFICERS,
    PLANTED,
    ROUND,
    channel_test,
    entry,
    handed_over,
    local,
    log,
    officers,
    rota,
    taken,
)

from cbrn_consumers.rota import Roster
from cbrn_deploy.cli.shifts.screen import ShiftScreen, duties, duty_json, finding_json, found
from cbrn_schemas.catalogue.words import word

LANGUAGES = ("ky", "ru", "en")
MADE = officers(OFFICERS.replace("title: Дежурный 1-й смены", "title: Дежурный 1-й смены\n    name: А. Асанов"))
ROSTER = Roster(
    rota(
        *ROUND[:1],
        (*ROUND[1], "EXDATE:20261105T200000"),
        entry("x", "override first: duty-3", "20261104T200000", "PT12H"),
        entry("s", "second: duty-3", "20261103T080000", "P2D"),
        entry("d", "deputy: duty-9", "20261025T000000", "P60D"),
    ),
    MADE,
    (),
)
SAID = log(
    channel_test(MADE.officer("duty-1"), "mobile", local(3, 7)),
    channel_test(MADE.officer("duty-1"), "desk", local(3, 7), "sent"),
    taken("duty-1", local(3, 8), local(3, 20)),
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    """A terminal of 80 columns, in another zone than the country's."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "America/New_York")


def width(line):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def fits(text):
    assert max(map(width, text.splitlines())) <= 80
    assert not [planted for planted in PLANTED if planted in text]
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_now_says_who_until_when_and_whether_they_can_be_reached(capsys, lang):
    """All that is asked at 3 a.m., in the country's time."""
    ShiftScreen(ROSTER, SAID, lang).now(local(3, 9))
    text = fits(capsys.readouterr().out)
    first, second = text.index(word("seat", "first", lang)), text.index(word("seat", "second", lang))
    assert "Дежурный 1-й смены (duty-1), А. Асанов" in text[first:second]
    assert "20:00 +06" in text[first:second]
    assert f"{word('shift', 'taken', lang)}: {word('weekday', '2', lang)} 03.11 08:00 +06" in text[first:second]
    assert word("shift", "reachable", lang) in text[first:second]
    assert f"mobile ({word('channel', 'sms', lang)}): {word('reach', 'works', lang)}" in text
    assert f"desk ({word('channel', 'bell', lang)}): {word('reach', 'unanswered', lang)}" in text
    assert f"{word('shift', 'next', lang)}: Дежурный 2-й смены (duty-2)" in text
    assert f"{word('shift', 'not-reachable', lang)}: {word('rota', 'no-channel', lang)}" in text[second:]
    assert f"{word('shift', 'not-reachable', lang)}: {word('rota', 'unknown-post', lang)}" in text[second:]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_now_without_the_bus_says_what_is_not_known(capsys, lang):
    """The rota is a file: it answers where Kafka does not, and claims nothing more."""
    ShiftScreen(ROSTER, None, lang).now(local(3, 9))
    text = fits(capsys.readouterr().out)
    assert word("shift", "unknown-reach", lang) in text
    assert word("shift", "not-taken", lang) not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plan_shows_each_shift_on_one_line_and_each_hole(capsys, lang):
    """Seven days at a look; the hole and who stands in must not be searched for."""
    ShiftScreen(ROSTER, None, lang).plan(local(3, 9), 7)
    text = fits(capsys.readouterr().out)
    day, night = word("weekday", "4", lang), word("weekday", "5", lang)
    (hole,) = [line for line in text.splitlines() if f"{day} 05.11 20:00 – {night} 06.11 08:00" in line]
    assert word("shift", "nobody", lang) in hole
    (stands_in,) = [line for line in text.splitlines() if "04.11 20:00" in line]
    assert "(duty-3)" in stands_in
    assert word("shift", "override", lang) in stands_in
    (begun,) = [line for line in text.splitlines() if "03.11 08:00 – 20:00" in line]
    assert "(duty-1)" in begun
    assert f"{word('shift', 'holes', lang)}: 1" in text
    if lang != "en":
        assert not [line for line in text.splitlines() if "nobody" in line or "override" in line]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_holidays_stand_below_the_shifts_and_unsure_ones_say_so(capsys, lang):
    """Whoever plans sees them; a day that nobody confirmed is no claim."""
    ShiftScreen(ROSTER, None, lang).plan(local(6, 12), 3)
    text = fits(capsys.readouterr().out)
    name = {"ky": "Тарых", "ru": "Дни истории", "en": "Days of History"}[lang]
    assert name in text
    assert text.count(word("shift", "not-confirmed", lang)) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_say_what_where_and_how_to_mend_it(capsys, lang):
    """What keeps somebody from being reached is in the reader's language."""
    listed = found(ROSTER, SAID, local(3, 19), local(10, 9))
    ShiftScreen(ROSTER, SAID, lang).findings(listed)
    text = fits(capsys.readouterr().out)
    folded = " ".join(text.split())
    assert f"{word('rota', 'hole', lang)} {word('seat', 'first', lang)}, " in folded
    for type_ in ("hole", "no-channel", "unknown-post", "untested"):
        assert word("rota_remedy", type_, lang).replace("cbrn", "").split()[-1] in folded
    if lang != "en":
        assert "nobody" not in text
    ShiftScreen(ROSTER, SAID, lang).findings([])
    assert word("shift", "in-order", lang) in capsys.readouterr().out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_written_is_said(capsys, lang):
    """A command says what it has done."""
    screen = ShiftScreen(ROSTER, None, lang)
    screen.said(taken("duty-1", local(3, 8), local(3, 20)))
    screen.said(channel_test(MADE.officer("duty-2"), "mail", local(3, 8), "sent"))
    text = fits(capsys.readouterr().out)
    assert text.startswith(f"{word('shift', 'taken', lang)}: {word('seat', 'first', lang)}, ")
    assert f"mail ({word('channel', 'email', lang)}): {word('outcome', 'sent', lang)}" in text


def test_machines_are_told_posts_and_names_of_channels():
    """JSON goes into other programs' logs."""
    said = [duty_json(ROSTER, SAID, each) for each in duties(ROSTER, SAID, local(3, 9))]
    assert [(each["seat"], each["post"], each["reachable"]) for each in said] == [
        ("first", "duty-1", True),
        ("second", "duty-3", False),
        ("deputy", "duty-9", False),
    ]
    assert said[0]["channels"] == {"mobile": "works", "desk": "unanswered"}
    listed = [finding_json(each) for each in found(ROSTER, SAID, local(3, 9), local(10, 9))]
    assert not [planted for planted in PLANTED if planted in f"{said} {listed}"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_said_at_the_handover_is_read_by_who_comes_and_asks_later(lang, capsys):
    """A note that stands in a record alone tells nobody that the valve is shut."""
    fact = handed_over("duty-2", local(3, 9), local(3, 20), note="valve shut at 05:10")
    screen = ShiftScreen(ROSTER, log(fact), lang)
    screen.said(fact)
    assert "valve shut at 05:10" in capsys.readouterr().out
    screen.now(local(3, 10))
    assert "valve shut at 05:10" in capsys.readouterr().out
