"""`cbrn demo` as a user starts it: a broker, routers and agencies of its own, and nothing of them left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
import yaml
from tests.builders.thorough import whole_only

WITHIN_S = 150
"""A demo at full speed takes 15 s on an idle machine; a busy one may need many times that."""


@pytest.fixture
def folder(ram_folder):
    """Where each of the demo's brokers makes its hundreds of partitions."""
    with TemporaryDirectory(dir=ram_folder, ignore_cleanup_errors=True) as made:
        yield Path(made)


def start(folder, *arguments, **streams):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CBRN_")}
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of tests in the background; what they start inherits that
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "cbrn_deploy", "demo", "--speed", "50", *arguments],
        cwd=folder,
        env=environment | {"TMPDIR": str(folder)},
        encoding="utf-8",
        **streams,
    )


def run(folder, *arguments):
    process = start(folder, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(timeout=WITHIN_S)
    finally:
        process.kill()
    return process.returncode, output, errors


@pytest.mark.timeout(WITHIN_S + 30)
def test_a_case_is_played_and_everybody_told_exactly_once(folder):
    """The promise of the project in one command: status 0 means that every expected alert arrived once."""
    status, output, errors = run(folder, "--exit", "--scenario", "min-kush-2024", "--json")
    assert status == 0, errors
    summary = json.loads(output)
    assert summary["exactly_once"] is True
    assert (summary["events"], summary["quarantined"], summary["duplicates"]) == (8, 1, 1)
    assert summary["corrections"] == 4
    assert {"mes", "mnrets", "moh", "mia", "mfa", "ppp-naryn", "mes-112"} <= set(summary["bodies"])
    assert summary["readings_routed"] == summary["readings_published"] > 0
    assert "CORRECTION" in errors
    assert not list(folder.glob("cbrn-*")), "temporary folders are left"


def wrong_variant(folder):
    """The case of answers with wrong expectations.

    Of the first alert the ministry of commerce is forgotten and that of defence invented; of the silence Foreign
    Affairs shall hear, and the MES shall not.
    """
    source = resources.files("cbrn_producers.simulator") / "scenarios" / "late-answer-2007.yaml"
    case = yaml.safe_load(source.read_text(encoding="utf-8"))
    case["steps"] = case["steps"][:3]
    told = case["steps"][0]["told"]
    told["inform"] = [*(body for body in told["inform"] if body != "mec"), "mod"]
    case["steps"][-1]["told"]["inform"] = ["mnrets", "mfa"]
    file = folder / "wrong.yaml"
    file.write_text(yaml.safe_dump(case, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.timeout(WITHIN_S + 30)
def test_a_late_ministry_is_passed_on_by_the_policy_and_its_officer_answers_by_sms(tmp_path):
    """Status 0 means that every receipt, every alarm of the watch and every SMS that the case names was there."""
    status, output, errors = run(tmp_path, "--exit", "--scenario", "late-answer-2007", "--json", "--lang", "en")
    assert status == 0, errors
    summary = json.loads(output)
    assert (summary["exactly_once"], summary["not_happened"]) == (True, [])
    assert (summary["answers"], summary["passed_on"], summary["messages"]) == (8, 4, 8)
    shown = [
        "SMS: Duty officer: «Severe: Portal alarm",
        "MNRETS: acknowledged",
        "15 minutes later by the demo's clock",
        "MIA: NO ANSWER",
        "asked now: MIA: second officer on duty",
        "told as well: MNRETS, MES",
        "asked now: MIA: deputy head",
        "asked now: MIA: everybody on duty",
        "asked now: CMC: crisis management centre",
        "reply by SMS: Deputy head: «A ",
        "answered after step 4",
        "no answer: 0 · answer awaited: 0 · answered: 4/4",
    ]
    at = [errors.find(text) for text in shown]
    assert -1 not in at, errors
    assert at == sorted(at), "in the order of the night"
    assert "[info" not in errors, "processes that run in the demo's own write their news between the cards"
    assert not list(tmp_path.glob("cbrn-*")), "temporary folders are left"


@whole_only
@pytest.mark.timeout(WITHIN_S + 30)
def test_an_alert_or_alarm_that_is_missing_or_goes_to_others_fails_the_demo(tmp_path):
    """Without this, status 0 would say nothing; the demo must not take what comes for what should come."""
    status, output, errors = run(tmp_path, "--exit", "--scenario-file", str(wrong_variant(tmp_path)), "--json")
    assert status == 1, errors
    summary = json.loads(output)
    assert sorted(alert["body"] for alert in summary["missing"]) == ["mfa", "mod"]
    assert sorted(alert["body"] for alert in summary["extra"]) == ["mec", "mes"]
    assert "mod (alerts)" in errors
    assert summary["not_happened"] == ["nobody: alarm to mfa"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.timeout(WITHIN_S + 120)
def test_no_process_outlives_the_demo(folder, number):
    """A JVM or a router that stays behind would hold ports and memory of a visitor's machine."""
    log = folder / "log"
    with log.open("w") as stream:
        process = start(folder, "--lang", "en", stdout=stream, stderr=stream)
    try:
        await_text(log, process, "keeps running")
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 4  # two routers, the broker and its supervisor
        process.send_signal(number)
        process.wait(timeout=90)
    finally:
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    if number is not signal.SIGKILL:
        assert process.returncode == 0, log.read_text()
        assert not list(folder.glob("cbrn-*"))


@pytest.mark.timeout(WITHIN_S + 30)
def test_an_end_in_the_middle_of_the_start_leaves_nothing(folder):
    """Impatient users press Ctrl-C before anything is ready; supervisors send SIGTERM."""
    process = start(folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        while not (children := psutil.Process(process.pid).children(recursive=True)):
            assert process.poll() is None
            time.sleep(0.1)
        process.terminate()
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    assert process.returncode == 143, output
    assert "Traceback" not in output
    assert not list(folder.glob("cbrn-*"))


def await_text(log, process, text):
    deadline = time.monotonic() + WITHIN_S
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
