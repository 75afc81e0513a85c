"""What is wrong with what was given is said at once: no broker is asked, and none need be there."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.golden import MIN_KUSH

from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.main import app
from cbrn_producers import Agency
from cbrn_routing.activation import PrivateKey

EVENT = MIN_KUSH | {
    "severity": "Severe",
    "texts": {"en": {"headline": "Dam breached"}},
}
BAD = EVENT | {"severity": "Terrible"}


class Port:
    """Stands where a broker would, knows who calls, and answers nobody."""

    def __init__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0)
        self.address = "{}:{}".format(*self._listening.getsockname())

    def asked(self):
        """Whether somebody has connected."""
        try:
            self._listening.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self):
        self._listening.close()


@pytest.fixture
def broker(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("CBRN_REALM", "CBRN_LANG", "CBRN_RULEBOOK_SIGNERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    port = Port()
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", port.address)
    yield port
    port.close()


def cbrn(*arguments):
    return CliRunner().invoke(app, list(arguments))


def write(name, *events):
    lines = (event if isinstance(event, str) else json.dumps(event) for event in events)
    Path(name).write_text("\n".join(lines), encoding="utf-8")
    return name


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_file_without_a_good_event_is_refused_at_once(broker, options):
    """A person waited fifteen seconds and then heard of the broker alone."""
    answer = cbrn("publish", write("bad.jsonl", BAD, BAD, "nonsense"), "--as", "mes", *options)
    assert answer.exit_code == 1
    assert not broker.asked()
    if options:
        assert [(line["line"], line["where"]) for line in map(json.loads, answer.stdout.splitlines())] == [
            (1, "severity"),
            (2, "severity"),
            (3, "value"),
        ]
    else:
        assert "bad.jsonl:1: refused: severity" in answer.stdout
        assert "0 published, 3 refused" in answer.stdout


@pytest.mark.parametrize(("options", "at_once"), [([], True), (["--json"], False)])
def test_what_is_refused_is_said_though_no_broker_answers(broker, monkeypatch, options, at_once):
    """The mistake is in the file whether the good events get through or not; a person hears of it before the wait."""
    monkeypatch.setitem(Agency.__init__.__kwdefaults__, "connect_within_s", 0.2)
    said = []

    def watched(_call, work):
        said.append(sys.stdout.buffer.getvalue().decode())
        return asyncio.run(work)

    monkeypatch.setattr(Invocation, "run", watched)
    answer = cbrn("publish", write("mixed.jsonl", EVENT, BAD), "--as", "mes", *options)
    assert broker.asked(), "one of the two is good"
    assert answer.exit_code == 1
    assert answer.stdout.count("mixed.jsonl") == 1
    assert ("severity" in said[0]) is at_once
    assert broker.address in answer.stderr


GAP = """
bases:
  enc: {instrument: enc, article: article 2, source: own, confidence: low}
rules:
  - id: all
    title: {ky: Эреже, ru: Правило, en: A rule}
    basis: [enc]
    when: {lane: [incidents]}
    lead: mes
"""
"""Nobody leads where readings arrive."""
SIGNING = ("--by", "A. Asanova", "--note")
HERE = "cbrn.from.mes.incidents/0/7"
FORMER = "0123456789"
"""The digest of a book that only the bus could have."""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("quarantine", "release", HERE, "--with", "missing.json"), 2, "missing.json: No such file"),
        (("quarantine", "release", HERE, "--with", "bad.json"), 1, "severity: 'Terrible'"),
        (("quarantine", "release", "cbrn.from.moh.incidents/0/7", "--with", "good.json"), 1, "claims to come from mes"),
        (("quarantine", "release", "cbrn-exercise.from.mes.incidents/0/7", "--with", "good.json"), 1, "realm"),
        (("quarantine", "release", "7", "--with", "good.json"), 1, "no quarantined record is called '7'"),
        (("quarantine", "show", "7"), 1, "no quarantined record is called '7'"),
        (("duties", "answer", "s/r", *SIGNING, ""), 2, "a note of 0 characters"),
        (("duties", "release", "s/r", *SIGNING, "x" * 2001), 2, "a note of 2001 characters"),
        (("duties", "answer", "s/r", "--note", "told", "--by", "A\nB" * 100), 2, "is no name of a person"),
        (("inbox", "Ministry of Hats"), 2, "no body is called «Ministry of Hats»"),
        (("tail", "Минздравв"), 2, "Did you mean moh?"),
        (("silence", "list", "nobody"), 2, "no body is called"),
        (("duties", "release", "s/r", "--key", "missing.pem"), 2, "missing.pem: No such file"),
        (("silence", "end", "nonsense"), 2, "no id of a silence"),
        (
            (
                "silence",
                "add",
                "mes",
                "--reason",
                "",
                "--scope",
                "station=s",
                "--for",
                "2h",
                "--by",
                "A. Asanova, duty",
            ),
            2,
            "reason",
        ),
        (("rules", "activate", "national", "--signature", "bad.json"), 1, "bad.json"),
        (("rules", "activate", FORMER, "--signature", "bad.json"), 1, "bad.json"),
        (("rules", "activate", "national", "--key", "bad.json"), 1, "the key cannot be read"),
        (("rules", "activate", "national", "--key", "missing.pem"), 2, "missing.pem: No such file"),
        (("rules", "activate", "national"), 1, "nobody may put a rule book into force"),
        (("rules", "sign", "national", "--key", "missing.pem", "--sequence", "1", "--out", "a.sig"), 2, "missing.pem"),
        (("rules", "sign", "national", "--key", "one.pem", "--sequence", "1", "--out", "good.json"), 1, "good.json is"),
        (("rules", "sign", "wrong", "--key", "one.pem", "--sequence", "1", "--out", "a.sig"), 1, "fails its check"),
        (("rules", "diff", FORMER, "missing"), 2, "missing: no such directory or file"),
        (("rules", "diff", FORMER, "national", "--on", "yesterday"), 2, "yesterday: no such day"),
        (("rules", "test", FORMER, "--on", "yesterday"), 2, "yesterday: no such day"),
        (("rules", "replay", FORMER, "--against", "missing"), 2, "missing: no such directory or file"),
        (("rules", "replay", FORMER, "--archive", "missing.jsonl"), 2, "missing.jsonl: No such file"),
        (("rules", "replay", FORMER, "--save", "good.json"), 1, "good.json: File exists"),
        (("route", "missing.json", "--book", FORMER), 2, "missing.json: No such file"),
        (("route", "bad.json", "--book", FORMER), 2, "severity: 'Terrible'"),
        (("route", "good.json", "--book", FORMER, "--on", "yesterday"), 2, "yesterday: no such day"),
        (("explain", "bad.json", "--book", FORMER), 2, "severity"),
        (("tail", "nobody"), 2, "nobody"),
        (("inbox", "nobody"), 2, "nobody"),
        (("inbox", "mes", "--interval", "soon"), 2, "soon: no such length of time"),
    ],
    ids=lambda value: " ".join(value[:4])[:60] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_with_a_file_or_an_argument_needs_no_broker(broker, arguments, status, said):
    """Each of these once waited for a broker, or would if what is checked first were checked later."""
    write("good.json", EVENT)
    write("bad.json", BAD)
    Path("one.pem").write_bytes(PrivateKey.generate().to_pem(None))
    Path("wrong").mkdir()
    Path("wrong", "all.yaml").write_text(GAP, encoding="utf-8")
    answer = cbrn(*arguments)
    assert (answer.exit_code, said in answer.stderr) == (status, True), answer.output
    assert "Traceback" not in answer.output
    assert not broker.asked()
