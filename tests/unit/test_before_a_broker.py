"""What is wrong with what was given is said at once: no broker is asked, and none need be there."""

import json
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cbrn_deploy.cli import app
from cbrn_deploy.invocation import run
from cbrn_producers import Agency

EVENT = {
    "kind": "tailings-failure",
    "hazard": "radiological",
    "body": "mes",
    "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z",
    "where": {"site": "F04"},
    "severity": "Severe",
    "situation": "KG-2026-minkush",
    "state": "breached",
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
    monkeypatch.setattr("cbrn_deploy.logs.configure_logs", lambda *_, **__: None)
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

    def watched(work):
        said.append(sys.stdout.buffer.getvalue().decode())
        return run(work)

    monkeypatch.setattr("cbrn_deploy.cli_publish.run", watched)
    answer = cbrn("publish", write("mixed.jsonl", EVENT, BAD), "--as", "mes", *options)
    assert broker.asked(), "one of the two is good"
    assert answer.exit_code == 1
    assert answer.stdout.count("mixed.jsonl") == 1
    assert ("severity" in said[0]) is at_once
    assert broker.address in answer.stderr
