"""`cbrn shift` as it is called: with a folder of rotas, and no broker."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.builders.rota import BY, MAIL, NUMBER, OFFICERS, PLANTED, calendar, entry

from cbrn_consumers.rota import holes, on_duty, overlaps, read_roster, read_rota

DAY = entry("day", "first: duty-1", "20261101T080000", "PT12H", "RRULE:FREQ=DAILY")
NIGHT = entry("night", "first: duty-2", "20261101T200000", "PT12H", "RRULE:FREQ=DAILY")


@pytest.fixture
def shift(cbrn, monkeypatch, tmp_path):
    """Run `cbrn shift ... --body mes` with officers, a rota to import, and a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", "{}:{}".format(*free.getsockname()))
    monkeypatch.setenv("CBRN_ROTA_DIR", str(tmp_path / "rota"))
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "rota").mkdir()
    file = tmp_path / "rota" / "mes.yaml"
    file.write_text(OFFICERS, encoding="utf-8")
    file.chmod(0o600)
    Path("mine.ics").write_bytes(calendar(DAY, NIGHT))

    def invoke(*arguments, stdin=None):
        answer = cbrn("shift", *arguments, "--body", "mes", stdin=stdin)
        text = answer.stdout + answer.stderr
        assert not [planted for planted in PLANTED if planted in text]
        assert not isinstance(answer.exception, Exception) or isinstance(answer.exception, SystemExit)
        return answer

    return invoke


def test_a_rota_goes_in_and_out(shift):
    """As any calendar program writes and reads it."""
    answer = shift("import", "mine.ics")
    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.splitlines()[-1].endswith("mes.ics")
    assert "rule without end" in answer.stdout
    out = shift("export").stdout
    assert read_rota(out.encode(), "mes").posts == {"duty-1", "duty-2"}
    shifts = shift("export", "--days", "3").stdout
    assert "RRULE" not in shifts
    assert len(read_rota(shifts.encode(), "mes").entries) >= 6


def test_a_rota_with_an_entry_that_cannot_be_used_is_refused_and_the_former_stays(shift):
    """Half a rota is worse than the one of last week."""
    assert shift("import", "mine.ics").exit_code == 0
    broken = entry("b", f"call {NUMBER}", "20261101T080000")
    Path("broken.ics").write_bytes(calendar(DAY, broken))
    answer = shift("import", "broken.ics")
    assert answer.exit_code == 1
    assert "line 10, b" in answer.stdout
    assert "was not taken in: 1 of its entries" in answer.stderr
    assert "duty-2" in shift("export").stdout
    answer = shift("import", "broken.ics", "--json")
    assert [json.loads(line)["type"] for line in answer.stdout.splitlines()] == ["summary"]
    Path("nothing.ics").write_text("hello")
    answer = shift("import", "nothing.ics")
    assert answer.exit_code == 2
    assert "nothing.ics: it is no calendar" in answer.stderr
    assert "Give a whole iCalendar file" in answer.stderr


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_without_a_broker_the_rota_answers_and_says_what_is_not_known(shift, lang):
    """Whoever looks for the officer in the night needs the name, and the truth about the rest."""
    shift("import", "mine.ics")
    answer = shift("now", "--lang", lang)
    assert answer.exit_code == 0
    assert "Дежурный" in answer.stdout
    assert "what was taken and tested is not known" in answer.stderr
    assert shift("plan", "--lang", lang, "--days", "2").exit_code == 0
    lines = shift("plan", "--json").stdout.splitlines()
    assert {json.loads(line)["post"] for line in lines} == {"duty-1", "duty-2"}
    posts = [json.loads(line)["post"] for line in shift("now", "--json").stdout.splitlines()]
    assert posts in (["duty-1"], ["duty-2"])


def test_two_officers_exchange_shifts_and_change_back(shift, tmp_path):
    """The rota beside it stays as it was; a second exchange replaces the first."""
    shift("import", "mine.ics")
    answer = shift("swap", "2026-12-01T09:00", "2026-12-02T21:00", "--lang", "ru")
    assert answer.exit_code == 0, answer.stderr
    assert "01.12 08:00 – 20:00  Дежурный 2-й смены (duty-2), замена" in answer.stdout
    span = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 4, tzinfo=UTC)

    def read():
        return read_roster(tmp_path / "rota", "mes").rota

    def on(day, hour):
        at = datetime(2026, 12, day, hour - 6, tzinfo=UTC)
        return on_duty(read().between(*span), "first", at).post

    assert (on(1, 9), on(2, 21), on(2, 9), on(1, 21)) == ("duty-2", "duty-1", "duty-1", "duty-2")
    again = shift("swap", "2026-12-01T09:00", "2026-12-02T21:00", "--json")
    assert [json.loads(line)["post"] for line in again.stdout.splitlines()] == ["duty-1", "duty-2"]
    assert (on(1, 9), on(2, 21)) == ("duty-1", "duty-2")
    assert len(read().entries) == 4
    assert not overlaps(read().between(*span), "first", *span)
    assert not holes(read().between(*span), "first", *span)
    for one, other in (("2026-12-01T09:00", "2026-12-02T09:00"), ("2026-12-01T09:00", "2020-12-02T09:00")):
        assert shift("swap", one, other).exit_code == 2
        assert len(read().entries) == 4


def test_a_check_fails_on_a_hole_an_officer_without_channel_and_a_bus_that_is_silent(shift):
    """It is run by cron: its status must not lie."""
    Path("holes.ics").write_bytes(
        calendar(DAY, entry("night", "duty-3", "20261101T200000", "PT11H", "RRULE:FREQ=DAILY"))
    )
    assert shift("import", "holes.ics").exit_code == 0
    answer = shift("check", "--json", "--days", "2")
    assert answer.exit_code == 1
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert {each["type"] for each in found} >= {"hole", "no-channel"}
    assert shift("check").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (("take", "duty-9", "--by", BY), "no officer of mes has the post", "Did you mean duty-"),
        (("take", "duty-1", "--by", "mes"), "by: name the person", "Give post and surname"),
        (("take", "duty-1", "--by", BY, "--note", "\x07"), "note", "nothing was written"),
        (("test", "--by", BY, "--channel", "fax", "--post", "duty-1"), "duty-1 has no such channel", "mobile, desk"),
        (("import", "none.ics"), "none.ics", "Check the path"),
    ],
)
def test_what_is_mistyped_is_said_before_a_broker_is_asked(shift, arguments, said, hint):
    """A person must not wait for Kafka to hear of a slip."""
    shift("import", "mine.ics")
    answer = shift(*arguments)
    assert answer.exit_code == 2, answer.stderr
    assert said in answer.stderr
    assert hint in answer.stderr


def test_whose_watch_it_is_must_be_said_or_set(cbrn, monkeypatch):
    """It is not guessed."""
    monkeypatch.delenv("CBRN_BODY", raising=False)
    answer = cbrn("shift", "now")
    assert answer.exit_code == 2
    assert "--body mes, or set CBRN_BODY" in answer.stderr
    monkeypatch.setenv("CBRN_BODY", "moh")
    answer = cbrn("shift", "now")
    assert answer.exit_code == 2
    assert "moh has no rota in" in answer.stderr
    assert "shift import FILE --body moh" in answer.stderr


def test_a_broken_file_of_officers_leaves_the_rota_and_repeats_no_number(shift, tmp_path):
    """Each mistake with its line; the number in it stays in the file."""
    shift("import", "mine.ics")
    file = tmp_path / "rota" / "mes.yaml"
    file.write_text(OFFICERS.replace(f"to: {MAIL}", "to: duty.officer"), encoding="utf-8")
    answer = shift("now")
    assert answer.exit_code == 0
    assert "line 12: officers.2.channels.1: `to` is no address of email" in answer.stderr
    file.chmod(0o644)
    assert "chmod 600" in shift("plan").stderr
