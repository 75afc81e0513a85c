"""One file for each mistake: what it is called, where it is, what is to be done, by every way onto the bus.

The table is `bad_input.csv`, its reading `tests/builders/mistakes.py`, its page `docs/mistakes.md`.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.golden import BAD_INPUT
from tests.builders.mistakes import MISTAKES, Answer, as_file, as_record, build, can_be_built
from tests.mistakes import BEGIN, END, PAGE, drawn

from cbrn_deploy.cli.main import app
from cbrn_producers.errors import RefusedEventError
from cbrn_producers.outgoing import prepare
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import PAYLOAD_BYTES_MAX, parse_event

REFUSED = [name for name, mistake in MISTAKES.items() if not mistake.is_doubt]
DOUBTED = [name for name, mistake in MISTAKES.items() if mistake.is_doubt]
IN_A_RECORD = [name for name in REFUSED if MISTAKES[name].only != "sender"]
IN_A_FILE = [name for name in REFUSED if MISTAKES[name].only != "record"]
OF_BYTES = {Reason.NOT_JSON, Reason.BAD_ENCODING}
AS_DICT = [
    name
    for name in IN_A_FILE
    if isinstance(MISTAKES[name].parsed, dict) and MISTAKES[name].found not in OF_BYTES and name != "field-twice"
]
IN_PYTHON = [name for name in AS_DICT if can_be_built(MISTAKES[name])]
OTHERWISE_IN_PYTHON = {
    "count-of-many-digits": "check the number",  # a whole number, and too great
    "time-is-a-date": 'datetime.fromisoformat("2026-04-16T00:00:00+06:00")',  # a text, where a datetime belongs
    **dict.fromkeys(("time-of-the-clock-alone", "time-no-such-day", "time-leap-second-at-noon"), "datetime.now(UTC)"),
}
"""What a constructor says where Python has another type than JSON."""


def check(name: str, answer: Answer | None) -> None:
    """What the table demands, and that the reason is not said twice."""
    mistake = MISTAKES[name]
    assert answer is not None, "nothing was said"
    assert (answer.found, answer.where) == (mistake.found, mistake.where)
    assert mistake.remedy in answer.hint
    assert mistake.remedy
    assert not answer.message.casefold().startswith(word("reason", answer.found, "en").casefold()), "said twice"


def of(error: InvalidEventError | RefusedEventError) -> Answer:
    return Answer(error.reason, error.where, error.message, error.hint)


@pytest.mark.parametrize("name", IN_A_RECORD)
def test_a_record_is_refused_with_its_reason_field_and_remedy(name: str) -> None:
    """Who is on duty at 3 a.m. must see which field is wrong and what to do, not a stack trace."""
    check(name, as_record(MISTAKES[name]))


@pytest.mark.parametrize("name", IN_A_FILE)
def test_a_file_is_refused_in_the_same_words(name: str) -> None:
    """Whoever checks at the desk learns what the router would say."""
    mistake = MISTAKES[name]
    found = as_file(mistake)
    check(name, found)
    if mistake.only != "sender" and name != "empty":
        assert found == as_record(mistake)


@pytest.mark.parametrize("name", [name for name in REFUSED if MISTAKES[name].only == "record"])
def test_what_a_file_may_hold_and_a_record_may_not_is_read(name: str) -> None:
    """A list, JSON lines, a structured event, a mark before the text: files have them."""
    assert as_file(MISTAKES[name]) is None


@pytest.mark.parametrize("name", [name for name in IN_A_FILE if name != "body-of-another"])
def test_route_refuses_in_the_same_words(name: str) -> None:
    """`cbrn route` is the first thing that somebody tries; it speaks for whichever body the event names."""
    answer = CliRunner().invoke(app, ["route", "--json", str(BAD_INPUT / f"{name}.json")])
    assert answer.exit_code == 2
    said = json.loads(answer.stdout)
    assert said["where"] == MISTAKES[name].where
    assert said["error"]
    assert MISTAKES[name].remedy in said["hint"]


@pytest.mark.parametrize("name", AS_DICT)
def test_a_dict_is_refused_in_the_same_words(name: str) -> None:
    """A program publishes what it has from elsewhere as a dict."""
    mistake = MISTAKES[name]
    with pytest.raises(RefusedEventError) as refused:
        prepare(mistake.parsed, mistake.sender)
    check(name, of(refused.value))


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_constructor_refuses_with_field_and_remedy(name: str) -> None:
    """Nobody who writes Python sees pydantic's own words. A time is a `datetime` there, so its remedy names one."""
    mistake = MISTAKES[name]
    with pytest.raises(InvalidEventError) as refused:
        build(mistake)
    assert refused.value.where == mistake.where
    assert refused.value.reason is mistake.found or name in OTHERWISE_IN_PYTHON
    remedies = {mistake.remedy, OTHERWISE_IN_PYTHON.get(name, mistake.remedy)}
    assert any(remedy in refused.value.hint for remedy in remedies), refused.value.hint


@pytest.mark.parametrize("name", DOUBTED)
def test_a_doubt_is_said_and_the_event_is_taken(name: str) -> None:
    """Nobody hears of a mistake only from whoever was told."""
    mistake = MISTAKES[name]
    check(name, as_record(mistake))
    assert as_file(mistake) is None


@pytest.mark.parametrize("body", sorted({MISTAKES[name].sender.body for name in IN_A_FILE}))
def test_the_command_names_file_field_and_remedy(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What scripts read of a dry run: one line of JSON for each file, in their order."""
    monkeypatch.delenv("CBRN_REALM", raising=False)
    names = [name for name in IN_A_FILE if MISTAKES[name].sender.body == body]
    files = [str(BAD_INPUT / f"{name}.json") for name in names]
    answer = CliRunner().invoke(app, ["publish", "--dry-run", "--json", "--as", body, *files])
    assert answer.exit_code == 1
    said = {one["file"]: one for one in map(json.loads, answer.stdout.splitlines())}
    for name, file in zip(names, files, strict=True):
        one = said[file]
        assert (one["reason"], one["where"]) == (MISTAKES[name].found, MISTAKES[name].where)
        assert MISTAKES[name].remedy in one["hint"]


def test_a_person_at_a_terminal_reads_the_corrected_value() -> None:
    """The whole command, once, as it is typed."""
    files = [str(BAD_INPUT / f"{name}.json") for name in ("time-of-excel", "point-as-geojson", "district-by-name")]
    command = [sys.executable, "-m", "cbrn_deploy", "publish", "--dry-run", "--as", "mes-tailings", *files]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    for remedy in ("2026-04-16T05:20:00+06:00", '{"lat": 41.2822, "lon": 72.4761}', '"41703430" (Mailuu-Suu)'):
        assert remedy in answer.stdout


def test_every_file_is_tried() -> None:
    """A file that no row names would be a mistake that nobody checks."""
    assert {path.stem for path in BAD_INPUT.iterdir()} == set(MISTAKES)


@pytest.mark.parametrize("name", [name for name, mistake in MISTAKES.items() if mistake.written])
def test_what_the_page_shows_stands_in_the_file(name: str) -> None:
    """Or readers would look for a mistake that nobody made."""
    assert MISTAKES[name].written.replace("↵", "\n") in MISTAKES[name].data.decode()


def test_the_page_says_what_is_answered() -> None:
    """Whoever changes the words of a refusal has the page written again: `uv run python -m tests.mistakes`."""
    assert f"{BEGIN}{drawn()}{END}" in PAGE.read_text(encoding="utf-8")


@pytest.mark.timeout(5)
def test_a_full_payload_of_unknown_fields_is_refused_soon_and_briefly() -> None:
    """Thousands of mistakes in one event must neither hold up the shard nor burst a header."""
    data = b'{"kind":"sabotage",' + b",".join(b'"f%d":1' % number for number in range(5500)) + b"}"
    assert PAYLOAD_BYTES_MAX * 0.8 < len(data) <= PAYLOAD_BYTES_MAX
    with pytest.raises(InvalidEventError) as refused:
        parse_event(data)
    assert len(refused.value.message) < 500
