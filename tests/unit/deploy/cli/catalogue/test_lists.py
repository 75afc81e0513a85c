"""The catalogue at hand: tables for people in three languages, rows for machines, candidates where nothing is found."""

import json
from itertools import groupby
from typing import get_args

import pytest

from cbrn_deploy.cli.printing import printable
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.places import crossings, districts, facilities
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events.base import Hazard

TABLES = {"bodies": bodies, "sites": facilities, "districts": districts, "crossings": crossings}
COMMANDS = TABLES | {"kinds": lambda: EVENT_TYPES}


@pytest.fixture
def listed(cbrn, monkeypatch):
    """List on a terminal of that many columns."""

    def run(*arguments, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        return cbrn(*arguments)

    return run


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_list_fits_its_terminal_and_leaves_nothing_out(listed, command, lang, width):
    """A code that is cut in two could not be copied; a row that is wider than the terminal could not be read."""
    answer = listed(command, "--lang", lang, width=width)
    assert answer.exit_code == 0
    assert max(map(len, answer.stdout.splitlines())) <= width
    words = set(answer.stdout.split())
    assert {key for key in COMMANDS[command]() if key not in {"kant", "kara-balta"}} <= words
    assert all(printable(line) == line for line in answer.stdout.splitlines())


@pytest.mark.parametrize("command", TABLES)
def test_machines_get_every_column(cbrn, command):
    """A line a row: the code for an event first, then all that the catalogue says, with source and confidence."""
    rows = [json.loads(line) for line in cbrn(command, "--json", "--lang", "ru").stdout.splitlines()]
    assert len(rows) == len(COMMANDS[command]())
    for row in rows:
        assert list(row)[:2] == ["code", "name"]
        assert row["name"] == row["names"]["ru"]
        assert row["source"]
        assert row["confidence"]
    uncoded = [row["slug"] for row in rows if row["code"] is None]
    assert uncoded == (["kant", "kara-balta"] if command == "districts" else [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bodies", "өкм", "--lang", "ru"), "МЧС · Министерство чрезвычайных ситуаций"),
        (("bodies", "МОН"), "until 2025-05-12 → moe, mshei"),
        (("bodies", "Минпрос", "--lang", "ru"), "с 2025-05-12"),
        (("sites", "кумтор", "--lang", "ky"), "Жети-Өгүз району"),
        (("sites", "Орловка"), "MES"),
        (("districts", "Жалал-Абад шаары", "--lang", "ru"), "г. Манас / г. Джалал-Абад"),
        (("districts", "Кант"), "no code published yet: give the point"),
        (("crossings", "irkeshtam", "--lang", "ru"), "Китай (Simhana)"),
    ],
)
def test_a_row_has_what_helps_to_choose(listed, arguments, said):
    """Operator, former names, the country behind, who took over."""
    answer = listed(*arguments, width=120)
    assert answer.exit_code == 0
    assert said in answer.stdout


def test_what_is_not_sure_says_so(listed):
    """A doubt of the catalogue never becomes a claim of the table."""
    assert "confidence: low" in listed("bodies", "nas-phys").stdout
    assert "confidence" not in listed("bodies", "nas-seism").stdout
    assert "аталышын өзүбүз которгонбуз" in listed("bodies", "mes-tailings", "--lang", "ky").stdout
    assert "translation" not in listed("bodies", "mes-tailings").stdout
    estimated, surveyed = listed("sites", "F16").stdout, listed("sites", "F04").stdout
    assert "± 3 km" in estimated
    assert "own estimate" in estimated
    assert "±" not in surveyed
    assert "± 5 km" in listed("crossings", "torugart").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("bodies", "Гидромед"), "mes-hydromet"),
        (("sites", "Комтор"), "F16"),
        (("districts", "Сокулукк"), "41708222"),
        (("crossings", "Достык"), "dostuk"),
        (("kinds", "tailngs failure"), "tailings-failure"),
    ],
)
def test_what_is_not_found_is_answered_with_what_it_resembles(cbrn, arguments, code):
    """Exit status 1, for people and machines."""
    answer = cbrn(*arguments)
    assert answer.exit_code == 1
    assert code in answer.stdout.split()
    assert "is not known" in answer.stderr
    asked = json.loads(cbrn(*arguments, "--json").stdout)
    assert [each["code"] for each in asked["candidates"]] == [code]


def test_nothing_like_it_says_how_to_search(cbrn):
    """An empty table would leave one alone."""
    answer = cbrn("sites", "zzzzzz")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "without SEARCH the command lists all" in answer.stderr


def test_only_bodies_of_the_day_that_is_asked_for(cbrn):
    """A ministry that was not yet, or is no more, is shown as what it is: of another day."""
    split, before = (cbrn("bodies", "Минпрос", "--on", day, "--json") for day in ("2026-01-01", "2024-01-01"))
    assert (split.exit_code, json.loads(split.stdout)["code"]) == (0, "moe")
    assert before.exit_code == 1
    told = json.loads(before.stdout)
    assert "on that day" in told["hint"]
    assert [each["code"] for each in told["candidates"]] == ["moe"]
    everybody = [
        json.loads(line)["code"] for line in cbrn("bodies", "--on", "2024-01-01", "--json").stdout.splitlines()
    ]
    assert "moes" in everybody
    assert "moe" not in everybody


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["уулануу"], ["poisoning-cluster", "animal-poisoning"]),
        (["ХВОСТОХРАНИЛИЩЕ", "авария"], ["tailings-failure"]),
        (["--hazard", "nuclear", "--lane", "monitoring", "portal"], ["portal-count"]),
    ],
)
def test_kinds_are_found_by_words_hazard_and_lane(cbrn, arguments, found):
    """In any language, whatever the case."""
    lines = cbrn("kinds", "--json", *arguments).stdout.splitlines()
    assert [json.loads(line)["code"] for line in lines] == found


@pytest.mark.parametrize("hazard", get_args(Hazard))
def test_kinds_of_every_hazard_stand_together_by_family(cbrn, hazard):
    """A reader of 46 kinds looks for what is alike side by side."""
    rows = [json.loads(line) for line in cbrn("kinds", "--hazard", hazard, "--json").stdout.splitlines()]
    assert [row["code"] for row in rows if hazard not in row["hazards"]] == []
    families = [family for family, _ in groupby(EVENT_TYPES[row["code"]].__module__ for row in rows)]
    assert len(families) == len(set(families))


def test_a_kind_of_another_hazard_is_shown_as_such(cbrn):
    """It is known, and no answer to what was asked."""
    answer = cbrn("kinds", "tailings", "--hazard", "nuclear")
    assert answer.exit_code == 1
    assert "what is listed has another" in answer.stderr
    assert "tailings-failure" in answer.stdout.split()


def test_a_day_that_is_none_is_refused(cbrn):
    """As by every command."""
    assert cbrn("bodies", "--on", "yesterday").exit_code == 2
