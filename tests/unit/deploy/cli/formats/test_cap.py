"""`cbrn cap check` and `cbrn cap show` as people and scripts meet them."""

from __future__ import annotations

import json

import pytest
from tests.builders.cap import GOOD, changed
from tests.builders.golden import EXAMPLES, example

from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.formats.cap.checking import check
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.to_event import event_of

BAD = changed(("Severe", "severe"), ("<contact>112</contact>\n", ""))


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "feed" / "inner"
    inner.mkdir(parents=True)
    (inner / "bad.cap").write_bytes(BAD)
    (inner.parent / "good.XML").write_text(GOOD)
    (inner.parent / "notes.txt").write_text("no alert")
    return inner.parent


def test_each_fault_is_printed_with_line_rule_and_remedy(cbrn, folder):
    """As compilers do it, so that editors jump there."""
    done = cbrn("cap", "check", folder)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{folder}/inner/bad.cap:9: recommendation: alert/info[1]: there is no <contact>")
    assert f"{folder}/inner/bad.cap:15: error: alert/info[1]/severity:" in lines[2]
    assert lines[2].endswith("[value-unknown-info]")
    assert lines[3].strip().startswith("Write one of the values")
    assert lines[-1] == "2 checked (strict), 1 with errors."


def test_the_lenient_profile_warns_of_what_can_be_understood(cbrn, folder):
    """Warnings and recommendations alone are no failure."""
    done = cbrn("cap", "check", folder, "--profile", "lenient")
    assert done.exit_code == 0
    assert ": warning: alert/info[1]/severity" in done.stdout


def test_a_machine_reads_the_same_in_json(cbrn, folder):
    """Every fault with all that is known of it."""
    done = cbrn("cap", "check", folder, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["checked"], found["with_errors"], found["profile"]) == (2, 1, "strict")
    faults = {document["file"]: document["faults"] for document in found["documents"]}
    assert faults[f"{folder}/good.XML"] == []
    assert faults[f"{folder}/inner/bad.cap"] == [fault.as_json() for fault in check(BAD)]


def test_a_document_may_come_from_another_program(cbrn):
    """`curl ... | cbrn cap check -`."""
    assert cbrn("cap", "check", "-", stdin=GOOD).exit_code == 0
    assert "[xml-not-well-formed]" in cbrn("cap", "check", "-", stdin="{}").stdout


@pytest.mark.parametrize("arguments", [("nowhere.xml",), ("empty",), (), ("-", "--profile", "odd")])
def test_what_cannot_be_looked_at_is_another_status(cbrn, tmp_path, arguments):
    """A script tells a bad document from a bad call."""
    (tmp_path / "empty").mkdir()
    done = cbrn("cap", "check", *arguments, stdin=GOOD)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_what_a_document_says_does_not_reach_the_terminal_as_it_is(cbrn):
    """Neither C1 controls nor letters that turn the reading direction."""
    done = cbrn("cap", "check", "-", stdin=changed(("Severe", "\x9b31m\u202e")))
    assert "\x9b" not in done.stdout
    assert "\u202e" not in done.stdout


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if (EXAMPLES / f"{kind}.json").exists()])
def test_an_event_in_a_file_is_shown_as_a_document(cbrn, kind):
    """The same that its partners could make the event of again."""
    done = cbrn("cap", "show", EXAMPLES / f"{kind}.json")
    assert done.exit_code == 0, done.output
    assert event_of(read(done.stdout_bytes)).kind == kind


def test_an_update_in_a_file_says_that_it_knows_of_nothing_earlier(cbrn, tmp_path):
    """On standard error: the document itself goes on."""
    file = tmp_path / "event.json"
    file.write_text(json.dumps(example("chemical-release", message_type="Update", references=["mes.0"])))
    done = cbrn("cap", "show", file)
    assert done.exit_code == 0
    assert "stands as a first one" in done.stderr
    assert read(done.stdout_bytes).msg_type == "Alert"
    file.write_text(json.dumps(example("chemical-release", message_type="Cancel", references=["mes.0"])))
    assert cbrn("cap", "show", file).exit_code == 2


def test_a_file_that_is_no_event_is_refused_as_everywhere(cbrn, tmp_path):
    """With field and remedy."""
    file = tmp_path / "event.json"
    file.write_text(json.dumps(example("chemical-release", severity="Terrible")))
    done = cbrn("cap", "show", file)
    assert done.exit_code == 2
    assert "severity" in done.stderr
    assert cbrn("cap", "show", "nowhere.json").exit_code == 2
