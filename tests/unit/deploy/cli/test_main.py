"""The command as people and scripts meet it: help, errors, exit statuses, JSON."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tests.builders.golden import MIN_KUSH

from cbrn_consumers.alert import Origin, read_alert
from cbrn_consumers.quarantine import Item
from cbrn_consumers.tail import Unreadable
from cbrn_deploy.cli.alerts.quarantine import _print_item, item_json
from cbrn_deploy.cli.alerts.tail import AlertPrinter, alert_json
from cbrn_deploy.cli.invocation import Invocation, explain
from cbrn_deploy.cli.parameters import UsageError
from cbrn_deploy.cli.printing import printable
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason, UnknownCodeError

EVENT = MIN_KUSH | {
    "severity": "Severe",
    "texts": {"ky": {"headline": "Калдык сактагычтын дамбасы бузулду"}, "en": {"headline": "Dam breached"}},
}
HEAVY = ("aiokafka", "faststream", "pydantic", "structlog", "yaml", "cbrn_schemas.events")


@pytest.fixture
def event_file(tmp_path):
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))
    return file


def test_help_loads_nothing_heavy():
    """Help and completion answer at once, on any machine."""
    code = (
        "import sys; from cbrn_deploy.cli.main import app; from typer.main import get_command; get_command(app);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_every_command_is_in_the_help(cbrn):
    """The help alone must be enough to find one's way."""
    answer = cbrn("--help")
    assert answer.exit_code == 0
    for name in ("publish", "tail", "route", "quarantine"):
        assert name in answer.stdout


@pytest.mark.parametrize("group", [(), ("rules",), ("silence",)])
def test_a_group_alone_shows_its_help_line_by_line(cbrn, group):
    """It was once one line, with a backslash and an n where each ended."""
    told = cbrn(*group)
    assert "\\n" not in told.stderr + told.stdout
    assert "Commands:" in (told.stderr + told.stdout).splitlines()


def test_version_is_told(cbrn):
    """The first question of whoever helps."""
    assert cbrn("--version").stdout.startswith("cbrn ")


def test_dry_run_names_each_mistake_and_fails(cbrn, tmp_path):
    """The exit status is what a script sees; file, line, field and remedy what a person needs."""
    file = tmp_path / "events.jsonl"
    bad = EVENT | {"severity": "Terrible"}
    file.write_text(f"{json.dumps(EVENT)}\n{json.dumps(bad)}\n")
    answer = cbrn("publish", file, "--as", "mes", "--dry-run")
    assert answer.exit_code == 1
    assert f"{file}:1: good" in answer.stdout
    assert f"{file}:2: refused: severity" in answer.stdout
    assert "1 would be published, 1 refused" in answer.stdout


def test_dry_run_in_json_is_one_line_per_event(cbrn):
    """Machines read it."""
    answer = cbrn("publish", "-", "--as", "moh", "--dry-run", "--json", stdin=json.dumps(EVENT))
    (line,) = map(json.loads, answer.stdout.splitlines())
    assert (line["where"], line["reason"], line["line"]) == ("body", "foreign-source", 1)
    assert answer.exit_code == 1


def test_good_file_passes_the_dry_run(cbrn, event_file):
    """Zero means that every event would be published."""
    assert cbrn("publish", event_file, "--as", "mes", "--dry-run").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("publish", "missing.json", "--as", "mes", "--dry-run"), 2, "missing.json: No such file"),
        (("route", "missing.json"), 2, "missing.json: No such file"),
        (("explain", "."), 2, "Is a directory"),
        (("publish", "-", "--as", "nobody", "--dry-run"), 2, "no body is called"),
        (("tail", "nobody", "--no-follow"), 2, "nobody"),
        (("rules", "test", "missing"), 2, "no such directory or file"),
        (("rules", "test", "--on", "31.12.2026"), 2, "31.12.2026: no such day"),
        (("rules", "diff", "national", "national", "--on", "yesterday"), 2, "yesterday: no such day"),
    ],
)
def test_mistake_of_the_user_is_one_sentence_with_a_remedy(cbrn, arguments, status, said):
    """No traceback: it tells the person on duty nothing. Status 2: what was given is wrong; 1: it was refused."""
    answer = cbrn(*arguments, stdin="{}")
    assert answer.exit_code == status
    assert said in answer.stderr
    assert "Traceback" not in answer.output
    assert len(answer.stderr.strip().splitlines()) == 2


@pytest.mark.parametrize("command", ["route", "explain"])
def test_what_is_no_json_is_said_once(cbrn, command):
    """Both say the same of the same file."""
    answer = cbrn(command, "-", stdin="# CBRN\n")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("cbrn: value: a comment at line 1")


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        (("route",), "cbrn route [OPTIONS] FILE"),
        (("publish",), "cbrn publish [OPTIONS] FILE..."),
        (("explain",), "cbrn explain [OPTIONS] [EVENT]"),
        (("rules", "check"), "cbrn rules check [OPTIONS] [BOOK]"),
        (("rules", "test"), "cbrn rules test [OPTIONS] [BOOK]"),
        (("rules", "diff"), "cbrn rules diff [OPTIONS] A B"),
        (("rules", "sign"), "cbrn rules sign [OPTIONS] BOOK"),
        (("silence", "add"), "cbrn silence add [OPTIONS] BODY"),
    ],
)
def test_usage_names_arguments_as_the_manual_does(cbrn, command, usage):
    """Neither `{FILE}` nor `[[BOOK]]`, nor a type of this program's own."""
    told = cbrn(*command, "--help").stdout.splitlines()
    assert told[0] == f"Usage: {usage}"
    assert not any("<str>" in line or "<list" in line for line in told if "--" not in line)


def test_debug_shows_the_traceback(cbrn):
    """Whoever mends the program needs it."""
    answer = cbrn("--debug", "publish", "missing.json", "--as", "mes", "--dry-run")
    assert isinstance(answer.exception, FileNotFoundError)


def test_wrong_setting_is_named_as_it_is_spelled(monkeypatch):
    """`realm` in the message helps nobody who set CBRN_REALM."""
    with pytest.raises(UsageError) as caught:
        _ = Invocation(overrides={"realm": "nonsense"}).settings
    message, hint = explain(caught.value)
    assert message.startswith("setting CBRN_REALM:")
    assert "CBRN_REALM" in hint


def test_unknown_code_and_the_unexpected_have_a_remedy():
    """Every error ends with something to do."""
    assert explain(UnknownCodeError("no body has the code 'x'"))[0] == "no body has the code 'x'"
    assert "--debug" in explain(ZeroDivisionError("oh"))[1]


def test_route_answers_with_the_agreed_keys(cbrn, event_file):
    """Tests and operators rely on them."""
    answer = cbrn("route", event_file, "--json")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert {"event", "realm", "place", "lead", "support", "inform", "partners", "duties", "rulebook"} <= set(found)
    assert set(found["place"]) == {"district", "region", "country", "neighbours", "downstream"}
    assert set(found["lead"]) == {"body", "rule", "acknowledge_within_s"}
    assert found["lead"]["body"] == "mes"
    assert found["realm"] == "cbrn"


def test_route_takes_a_structured_event_from_standard_input(cbrn):
    """Then the answer names it by its id."""
    event = {"specversion": "1.0", "id": "x-1", "source": "/mes", "type": "t", "data": EVENT}
    assert json.loads(cbrn("route", "-", "--json", stdin=json.dumps(event)).stdout)["event"] == "x-1"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("{", "value"),
        (json.dumps(EVENT | {"severity": "Terrible"}), "severity"),
        (json.dumps(EVENT | {"status": "Exercise"}), "status"),
        (json.dumps(EVENT | {"body": "nobody"}), "body"),
        (json.dumps([EVENT, EVENT]), "value"),
    ],
)
def test_route_of_bad_input_says_where_and_exits_with_2(cbrn, content, where):
    """The dry run says what the bus would: quarantine, and why."""
    answer = cbrn("route", "-", "--json", stdin=content)
    assert answer.exit_code == 2
    assert set(json.loads(answer.stdout)) == {"error", "where", "hint"}
    assert json.loads(answer.stdout)["where"] == where
    assert cbrn("route", "-", stdin=content).exit_code == 2


@pytest.mark.parametrize(("lang", "said"), [("ru", "МЧС"), ("en", "MES"), ("ky", "ӨКМ")])
def test_route_names_bodies_in_the_language_asked_for(cbrn, event_file, lang, said):
    """Officers read their own language."""
    answer = cbrn("route", event_file, "--lang", lang)
    assert answer.exit_code == 0
    assert said in answer.stdout
    assert cbrn("--lang", lang, "route", event_file).stdout == answer.stdout


def test_text_from_outside_cannot_steer_the_terminal():
    """Escape sequences, right-to-left overrides and new lines are spelled out, letters of all languages stay."""
    assert printable("Өрт \x1b[2J\u202eх\n\x9b") == "Өрт \\x1b[2J\\u202eх\\n\\x9b"


def alert_record(**changed):
    own = binary_headers(id="a-1", source="/mes", type="kg.x", time="2026-05-01T06:00:00Z")
    order = [("cbrn_role", b"lead"), ("cbrn_rule", b"r-1"), ("cbrn_warnings", b"clock-ahead"), ("cbrn_place", b"KG-N")]
    given = {
        "topic": "cbrn.to.mes.alerts",
        "partition": 0,
        "offset": 5,
        "timestamp": 1_777_000_000_000,
        "key": b"k",
        "value": json.dumps(EVENT).encode(),
        "headers": [*own, *order],
    }
    return SimpleNamespace(**(given | changed))


def test_alert_in_json_holds_the_event_as_published():
    """Machines get everything, in the wire's own words."""
    found = alert_json(read_alert(alert_record()))
    assert found["event"] == EVENT
    assert (found["role"], found["rules"], found["warnings"]) == ("lead", ["r-1"], ["clock-ahead"])
    assert found["origin"]["offset"] == 5


def test_a_record_is_in_the_language_asked_for(capsys, monkeypatch):
    """Kind, place, body, role and warning are names, the headline is the publisher's own text."""
    monkeypatch.setenv("COLUMNS", "600")
    AlertPrinter("ky")(read_alert(alert_record()))
    shown = capsys.readouterr().out
    for name in ("Калдык сактагычтын дамбасы бузулду", "Нарын", "ӨКМ", "r-1"):
        assert name in shown
    assert "clock-ahead" not in shown


def test_an_all_clear_does_not_look_like_an_alert(capsys, monkeypatch):
    """Nor an update; and whoever reads can tell which situation it is about."""
    monkeypatch.setenv("COLUMNS", "600")
    printed = AlertPrinter("ru")
    for message_type, news in (("Alert", ""), ("Update", "ОБНОВЛЕНИЕ"), ("Cancel", "УЧЕНИЕ  ОТБОЙ")):
        status = "Exercise" if message_type == "Cancel" else "Actual"
        value = json.dumps(EVENT | {"message_type": message_type, "status": status}).encode()
        printed(replace(read_alert(alert_record(value=value)), acknowledge_by=datetime(2026, 5, 1, tzinfo=UTC)))
        shown = capsys.readouterr().out
        head, name, *_ = shown.splitlines()
        assert news in head
        assert name == f"  {EVENT['situation']}"
        assert ("ответить до" in shown) == (message_type != "Cancel")


def test_unreadable_alert_is_a_row_not_a_crash(capsys, monkeypatch):
    """A tail that stops at the first odd record hides all that follow."""
    monkeypatch.setenv("COLUMNS", "600")
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="no \x1b[2J JSON", hint="Mend it.")
    odd = Unreadable(Origin.of(alert_record()), error, b"\xff")
    AlertPrinter("en")(odd)
    assert "\\x1b[2J" in capsys.readouterr().out
    assert alert_json(odd)["where"] == "value"


def test_quarantined_bytes_are_shown_safely(capsys):
    """What lies in quarantine may have been sent to harm whoever looks."""
    item = Item(
        id="cbrn.from.mes.incidents/0/1",
        reason="not-json",
        where="value",
        message="m",
        hint="h",
        at="t",
        topic="cbrn.from.mes.incidents",
        key=b"\xff",
        headers=[("x\x1b", b"\x1b]0;owned\x07")],
        value=b"\x1b[31mred\xff\nsecond line" + b"x" * 20_000,
    )
    _print_item(item, "en")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "second line" in shown
    assert len(shown) < 20_000
    assert json.dumps(item_json(item))
