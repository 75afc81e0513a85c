"""A body's file of officers: read with its line where it is wrong, and silent about numbers everywhere."""

import json
import logging
import pickle

import pytest
from tests.builders.rota import HOOK, MAIL, NUMBER, OFFICERS, PLANTED, officers

from cbrn_consumers.rota import FindingType, RotaFileError, read_officers
from cbrn_schemas.officers import masked


def leaks(text):
    return [planted for planted in PLANTED if planted in text]


def test_whoever_sends_gets_the_address_and_nobody_else():
    """A number in a log is read by everybody who may read logs."""
    made = officers()
    first = made.officer("duty-1")
    assert first.channel("mobile").address == "+996700123456"
    assert first.channel("desk").address == ""
    assert made.officer("duty-2").channel("mail").address == MAIL
    assert made.officer("duty-2").channel("hook").address == HOOK
    printed = [repr(made), str(made), made.model_dump_json(), json.dumps(made.model_dump(mode="json")), f"{first!s}"]
    assert not leaks(" ".join(printed))
    assert not leaks(logging.LogRecord("x", 0, "x", 0, "%s", (made,), None).getMessage())


def test_a_changed_address_has_another_check_and_the_check_tells_nobody_which():
    """A test of the old number proves nothing; two digits are one of 256."""
    first = officers().officer("duty-1").channel("mobile")
    spelt = officers(OFFICERS.replace(NUMBER, "+996700123456")).officer("duty-1").channel("mobile")
    other = officers(OFFICERS.replace(NUMBER, "+996700123457")).officer("duty-1").channel("mobile")
    assert first.check == spelt.check != other.check
    assert len(first.check) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("body: mes", "body: moon", 1, "no body has this code"),
        (f'to: "{NUMBER}"', "to: 996700123456", 7, "valid string"),
        (f'to: "{NUMBER}"', 'to: "0700 123-456"', 7, "no address of sms: write + and the whole number"),
        (f', to: "{NUMBER}"', "", 7, "it has no address"),
        ("kind: bell", f'kind: bell, to: "{NUMBER}"', 8, "a bell needs no address"),
        ("kind: sms", "kind: fax", 7, "'email', 'sms'"),
        (f"to: {MAIL}", "to: duty.officer", 12, "no address of email"),
        (HOOK, "http://hooks.example.kg/secret-path", 13, "no address of webhook"),
        (HOOK, "https://user:123456@hooks.example.kg/secret-path", 13, "no address of webhook"),
        ("name: hook", "name: mail", 9, "two channels are called mail"),
        ("post: duty-2", "post: duty-1", 1, "two officers have the post duty-1"),
        ("post: duty-2", "post: Дежурный", 9, "pattern"),
        ("Дежурный 3-й смены", f"Дежурный, {NUMBER}", 15, "no number or address here"),
        ("name: desk", "name: t996700123456", 8, "no number or address here"),
        ("title: Дежурный 2-й смены", f'"{NUMBER}": x', 10, "there is no such field"),
        ("    language: ky\n", "    langauge: ky\n", 5, "there is no such field"),
        ("  - post: duty-3\n", "  - \n", 15, "post: field required"),
        ("body: mes", "\tbody: mes", 1, "tab"),
        ("body: mes", "body: mes\nbody: moh", 2, "«body» is written twice"),
    ],
)
def test_a_mistake_has_its_line_and_what_to_do_and_repeats_no_address(old, new, line, said):
    """Whoever keeps the file finds the place; whoever reads over a shoulder learns nothing."""
    assert OFFICERS.count(old) == 1
    with pytest.raises(RotaFileError) as caught:
        read_officers(OFFICERS.replace(old, new).encode(), "mes.yaml")
    found = caught.value.findings
    assert any(said in each.message and each.line == line for each in found), found
    assert all(each.type is FindingType.OFFICERS and each.remedy for each in found)
    error = caught.value
    while error is not None:  # also a traceback's chain
        assert not leaks(f"{error} {error!r} {getattr(error, 'findings', '')}")
        error = None if error.__suppress_context__ else error.__context__


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"- 1",
        b"just text",
        b"body: mes",
        b"\xff\xfe",
        b"a: &a [*a]",
        b"[" * 100_000,
        b"body: mes\n---\nbody: moh\n",
        b"x" * 300_000,
        b"body: mes\nofficers: [" + b"{post: duty-1, title: a}," * 300 + b"]",
        b"body: mes\nofficers: !!python/object:os.system []",
    ],
)
def test_a_file_of_something_else_is_refused(content):
    """Hostile or empty, it is an answer."""
    with pytest.raises(RotaFileError, match=r"^mes\.yaml: "):
        read_officers(content, "mes.yaml")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"could not reach {NUMBER}!", "could not reach •••!"),
        ("550 <duty@mes.example.kg> unknown", "550 <•••> unknown"),
        (f"POST {HOOK} timed out", "POST ••• timed out"),
        ("(0700) 12-34-56", "(•••"),
        ("shift of 27.11 at 08:00, 70 letters, code 4821", "shift of 27.11 at 08:00, 70 letters, code 4821"),
    ],
)
def test_the_words_of_others_are_masked(text, left):
    """A provider's error repeats whom it could not reach."""
    assert masked(text) == left


def test_a_secret_survives_being_copied_between_processes():
    """A pool of senders pickles what it is given."""
    made = officers()
    assert pickle.loads(pickle.dumps(made)).officer("duty-1").channel("mobile").address == "+996700123456"  # noqa: S301 - our own
