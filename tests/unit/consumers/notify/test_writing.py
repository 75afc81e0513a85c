"""What an officer reads: fits, leaves out nothing that counts, gives no secret to a mobile network."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.notify import START, alert, notice

from cbrn_consumers.alert import Origin
from cbrn_consumers.notify.writing import SUBJECT_LETTERS, clipped, digest_of, letter_of, letters, notice_of
from cbrn_schemas.catalogue.places import districts
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES, Incident
from cbrn_schemas.events.base import Language, MessageType, Severity
from cbrn_schemas.marks import marks
from cbrn_schemas.topics import Realm

LANGUAGES = get_args(Language)
KINDS = [kind for kind, model in EVENT_TYPES.items() if issubclass(model, Incident)]
EXERCISE = Origin("cbrn-exercise.to.mes.alerts", 0, 1, START)


def altered(**changed):
    """An alert with other fields in its event, whether or not a publisher may send them so together."""
    own = {name: changed.pop(name) for name in list(changed) if name in {"role", "place", "acknowledge_by", "origin"}}
    made = alert(**own)
    object.__setattr__(made, "event", made.event.model_copy(update=changed))
    return made


@pytest.mark.parametrize("lang", LANGUAGES)
@given(
    kind=st.sampled_from(KINDS),
    place=st.sampled_from([*districts(), "UZ", "", "KG-J"]),
    severity=st.sampled_from(get_args(Severity)),
    role=st.sampled_from(["lead", "support", "inform", None]),
    message_type=st.sampled_from(get_args(MessageType)),
    exercise=st.booleans(),
    minutes=st.one_of(st.none(), st.integers(-60 * 24, 60 * 24 * 9)),
    situation=st.text("KG-2026abc", min_size=1, max_size=128),
)
def test_a_notice_fits_one_part_and_never_loses_what_counts(
    *, lang, kind, place, severity, role, message_type, exercise, minutes, situation
):
    """At night an officer reads one message: mark, severity, role and the code must be in it."""
    due = None if minutes is None else START + timedelta(minutes=minutes)
    origin = EXERCISE if exercise else Origin("cbrn.to.mes.alerts", 0, 1, START)
    one = altered(
        kind=kind, place=place, severity=severity, role=role, message_type=message_type,
        acknowledge_by=due, origin=origin, situation=situation,
    )  # fmt: skip
    text = notice_of(one, lang, code="4821")
    assert letters(text) <= 70
    head = *marks(one.event, lang, exercise=exercise), f"{word('severity', severity, lang)}:"
    assert text.startswith(" ".join(head))
    assert text.endswith("A 4821")
    assert ("EXERCISE" in text or "УЧЕНИЕ" in text or "МАШЫГУУ" in text) == exercise
    if role is not None and not (exercise and message_type != "Alert"):
        assert word("short", role, lang) in text
    assert letters(notice_of(one, lang, SUBJECT_LETTERS)) <= SUBJECT_LETTERS


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("ky", "Оор: Химиялык заттын бөлүнүп ч…, Аламүдүн району ЖЕТЕКТӨӨ 09:20 A 4821"),
        ("ru", "Тяжёлая: Выброс химического в…, Аламудунский район ВЕДЁТЕ 09:20 A 4821"),
        ("en", "Severe: Chemical release, Alamüdün district LEAD 09:20 +06 A 4821"),
    ],
)
def test_a_notice_reads_like_this(lang, line):
    """Golden lines, in the order in which they are read."""
    assert notice_of(alert(), lang, code="4821") == line


def test_an_all_clear_is_not_read_as_a_new_alarm():
    """An all-clear looked like a new extreme alert before."""
    line = notice_of(alert(message_type="Cancel", references=["e-0"]), "ru")
    assert line.startswith("ОТБОЙ Тяжёлая:")


def test_with_room_the_situation_stands_in_the_line_and_the_deadline_says_its_zone():
    line = notice_of(alert(acknowledge_by=START + timedelta(days=1)), "en", SUBJECT_LETTERS, code="4821")
    assert line.endswith("LEAD 28.11 09:00 +06 KG-2026-chlorine A 4821")


@pytest.mark.parametrize("secret", [{"restricted": True}, {"tlp": "RED"}])
def test_a_restricted_alert_says_over_no_channel_what_it_is_about(secret):
    """Only named duty officers may see it; a mobile network and a mail server are none."""
    one = alert(**secret)
    letter = letter_of(one, "mes", "en", post="Duty officer 1")
    for text in (notice_of(one, "en", code="4821"), letter.subject, letter.text):
        assert "hlor" not in text.replace("KG-2026-chlorine", "")
        assert "Alamüdün" not in text
    assert "A 4821" in notice_of(one, "en", code="4821")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_letter_holds_what_to_do_and_how_to_answer(lang):
    one = alert(texts={lang: {"headline": "H", "description": "D" * 4000, "instruction": "Leave upwind."}})
    letter = letter_of(one, "mes", lang, post="Duty officer 1")
    assert "Leave upwind." in letter.text
    assert 'cbrn ack KG-2026-chlorine --as mes --by "Duty officer 1"' in letter.text
    assert "+06" in letter.text


def test_a_digest_names_the_gravest_first_and_counts_all():
    held = [notice(str(number), subject=f"line {number}", severity="Minor") for number in range(20)]
    held.append(notice("21", subject="grave", severity="Severe", realm=Realm.REAL))
    letter = digest_of(held, "en", lines=3)
    assert letter.text.splitlines()[1] == "grave"
    assert letter.text.splitlines()[-1] == "and more 18"
    assert letter.subject.startswith("21 ")
    assert digest_of([notice(realm=Realm.EXERCISE)], "ru").subject.startswith("УЧЕНИЕ ")


def test_what_nobody_could_read_cannot_spoil_a_notice():
    """The bus's own alarms repeat bytes of records: an escape, half a character, far too much."""
    text = clipped("a\x1b[2Jb\ud800c" + "x" * 20_000)
    notice(text=text)
    assert "\x1b" not in text
