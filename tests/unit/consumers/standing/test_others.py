"""What a body is told of the others, as screens have it: late by the reader's clock, in the reader's language."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders.situation import NOW, min_kush
from tests.builders.standing import SITUATION, after

from cbrn_consumers.situation import Weight, other_rows, overview, sections
from cbrn_consumers.situation.as_json import overview_json
from cbrn_consumers.standing import State, others_json, others_of, read_others
from cbrn_schemas.standing_record import PartyStands, SituationStands, standing_record

LANGUAGES = ["ky", "ru", "en"]
STANDS = SituationStands(
    situation=SITUATION,
    event={"source": "/mes", "id": "e-1"},
    at=after(12),
    parties=(
        PartyStands(body="mes", role="lead", state="accepted", since=after(5)),
        PartyStands(body="mia", role="support", state="declined", since=after(6), reason="no team"),
        PartyStands(body="moh", role="support", state="addressed", since=after(0), due=after(20), level=2),
        PartyStands(body="mfa", role="inform", state="addressed", since=after(0)),
    ),
)
OTHERS = others_of(STANDS)


def rows(own, minute, lang="en"):
    return list(other_rows(OTHERS, own, after(minute), lang))


def test_what_was_written_is_read_as_the_same_and_nothing_as_taken_back():
    """An empty value says that nobody may tell any more."""
    assert read_others(*standing_record(STANDS)) == OTHERS
    assert read_others([], None) is None


def test_who_has_not_answered_is_late_by_the_clock_of_who_looks():
    """No record is written when a time runs out."""
    moh = next(each for each in OTHERS.parties if each.body == "moh")
    assert [moh.state(after(minute)) for minute in (19, 21)] == [State.ADDRESSED, State.MISSING]
    assert [each["state"] for each in others_json(OTHERS, after(21))["parties"]] == [
        "accepted",
        "declined",
        "missing",
        "addressed",
    ]


def test_each_of_the_others_has_a_row_and_the_reader_none():
    """What the reader itself has said stands above."""
    found = rows("mfa", 21)
    assert [row.weight for row in found] == [Weight.PLAIN, Weight.STRONG, Weight.ALARM, Weight.QUIET]
    lead, declined, late, _ = (row.text for row in found)
    assert lead.startswith("lead · accepted ")
    assert declined.endswith(" · no team")
    assert late.startswith("support · NO ANSWER · due ")
    assert late.endswith("(late 1 min) · passed on, step 2")
    assert rows("mes", 1)[2].weight is Weight.QUIET


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_situation_shows_the_others_in_each_language(lang):
    """In a section of its own, after what is to be done."""
    told = min_kush("mes")
    told.read.others = OTHERS
    (name,) = told.read.standings.situations()
    found = overview(told.read, name, NOW, body="mes")
    (section,) = (each for each in sections(found, lang) if each.code == "others")
    assert len(section.rows) == 4
    assert overview_json(found, lang)["others"]["parties"][0]["body"] == "mes"
    assert overview(told.read, name, NOW).others is None, "the bus's officer sees all bodies' own topics"


def test_nobody_else_is_said_and_nothing_is_said_where_nothing_is_known():
    """An empty section would be taken for a fault."""
    alone = others_of(STANDS.model_copy(update={"parties": STANDS.parties[:1]}))
    assert next(row.text for row in other_rows(alone, "mes", after(1), "en")) == "nobody else was told"
    assert list(other_rows(None, "mes", after(1), "en")) == []


def test_a_restricted_situation_shows_nobody_even_where_something_was_said_before():
    """The latest that the body itself was told counts."""
    told = min_kush("mes")
    told.read.others = OTHERS
    (name,) = told.read.standings.situations()
    known = told.read.standings.of(name)
    assert overview(told.read, name, NOW, body="mes").others is not None
    told.read.standings.tell(replace(known.latest, id="e-secret", restricted=True))
    assert overview(told.read, name, NOW, body="mes").others is None
