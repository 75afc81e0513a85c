"""Log lines as machines and people on duty get them."""

import json
import logging

import pytest
import structlog
from aiokafka.errors import GroupAuthorizationFailedError

from cbrn_consumers.subscription import broker_log
from cbrn_deploy.cli.logs import configure_logs


def test_json_line_is_complete_and_readable(capsys):
    """A collector needs time, level and logger; an officer must be able to read Kyrgyz in it."""
    configure_logs("json", "info", libraries="warning")
    structlog.get_logger("cbrn.router").warning("quarantined", by="ӨКМ")
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert out == "", "standard output is what a command answers"
    assert (line["event"], line["by"], line["level"], line["logger"]) == (
        "quarantined",
        "ӨКМ",
        "warning",
        "cbrn.router",
    )
    assert line["timestamp"].endswith("Z")
    assert "ӨКМ" in err


def test_what_a_feed_says_of_itself_is_a_line_as_all_others_are(capsys):
    """FastStream's own logger would write it in another form, with colours, past the log's collector."""
    configure_logs("json", "info", libraries="warning")
    broker_log.info("received")
    broker_log.warning("no topic")
    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["level"]) == ("no topic", "warning")


def test_failure_is_one_json_line_with_its_traceback(capsys):
    """A traceback over twenty lines is twenty log lines to a collector."""
    configure_logs("json", "info", libraries="warning")
    try:
        int("no")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"][0]["exc_type"] == "ValueError"


@pytest.mark.parametrize("form", ["json", "console"])
def test_failure_does_not_tell_what_the_program_was_working_on(capsys, form):
    """Local variables hold events, restricted ones too, and would hide the line that matters among a thousand."""
    configure_logs(form, "info", libraries="warning")
    told = "caesium".upper()
    try:
        int("no" * len(told))
    except ValueError:
        structlog.get_logger("x").exception("failed")
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert told not in err


def test_libraries_speak_through_the_same_renderer_from_their_own_level(capsys):
    """One form of line in one stream, and no chatter between alerts."""
    configure_logs("json", "info", libraries="warning")
    logging.getLogger("aiokafka.consumer").info("chatter")
    logging.getLogger("aiokafka.consumer").warning("lost %s", "node 1")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["lost node 1"]


def test_debug_shows_everything(capsys):
    """`--debug` is for whoever looks for a fault in Kafka's client, too."""
    configure_logs("console", "debug", libraries="critical")
    logging.getLogger("aiokafka").debug("detail")
    structlog.get_logger("x").debug("ours")
    err = capsys.readouterr().err
    assert "detail" in err
    assert "ours" in err


def test_level_hides_what_lies_below_it(capsys):
    """The router logs every decision at debug; at info nobody pays for it."""
    configure_logs("console", "info", libraries="warning")
    structlog.get_logger("x").debug("decision")
    assert capsys.readouterr().err == ""


def test_an_error_of_kafka_that_comes_again_and_again_is_one_line(caplog):
    """A feed whose credential was revoked prints one every five seconds: no traceback of a library."""
    with caplog.at_level(logging.ERROR, "cbrn.faststream"):
        for error in (GroupAuthorizationFailedError("cbrn.to.moh.example"), ValueError("a bug")):
            broker_log.error("Kafka error occurred", exc_info=error)
    refused, bug = caplog.records
    assert "cbrn.to.moh.example" in refused.getMessage()
    assert (refused.exc_info, bug.exc_info is None) == (None, False)
