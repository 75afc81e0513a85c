"""A broker that is not there is said soon; one that is slow is no error yet."""

import asyncio
import socket
import time

import pytest
from structlog.testing import capture_logs
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES
from tests.builders.tls import listening, says

from cbrn_deploy.cli.main import app
from cbrn_routing.bus.addresses import host_and_port
from cbrn_routing.bus.errors import NobodyListensError, NotLetInError, Refusal
from cbrn_routing.bus.reach import KNOCK_WITHIN_S, reach
from cbrn_schemas.settings import Settings

EXAMPLE = EXAMPLES / "tailings-failure.json"
SOON_S = 3.0


@pytest.fixture
def free_port():
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def silent():
    """An address that does not answer: its queue of callers is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        callers = [socket.socket() for _ in range(3)]
        for caller in callers:
            caller.setblocking(False)  # noqa: FBT003 - its only parameter
            caller.connect_ex(listening.getsockname())
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        for caller in callers:
            caller.close()


@pytest.fixture
def slow():
    """Accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield "{}:{}".format(*listening.getsockname())


def asked(*addresses):
    began = time.monotonic()
    try:
        asyncio.run(reach(Settings(bootstrap_servers=",".join(addresses))))
    finally:
        assert time.monotonic() - began < SOON_S


def test_refused_is_said_at_once(free_port):
    with pytest.raises(NobodyListensError, match="connection refused"):
        asked(f"127.0.0.1:{free_port}", f"127.0.0.1:{free_port}")


def test_silence_is_said_soon(silent):
    with pytest.raises(NobodyListensError, match="no answer within 2 s"):
        asked(silent)


def test_an_unknown_name_is_said():
    with pytest.raises(NobodyListensError, match="name"):
        asked("nowhere.invalid:9092")


def test_one_that_accepts_is_enough_however_slow_it_is(free_port, silent, slow):
    """A slow but living broker gets its client's time; whoever waits for it hears so."""
    with capture_logs() as lines:
        asked(f"127.0.0.1:{free_port}", silent, slow)
    assert [line["event"] for line in lines] == [
        "something listens there, and has not answered as Kafka yet; waiting on"
    ]


def test_a_silent_listener_is_said_in_tls_too(slow):
    """Its handshake never ends."""
    with capture_logs() as lines:
        asyncio.run(reach(Settings(bootstrap_servers=slow, security_protocol="SSL")))
    assert len(lines) == 1


def test_whoever_speaks_another_language_is_named():
    with listening(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address, pytest.raises(NotLetInError) as caught:
        asked(address)
    assert caught.value.refusal is Refusal.NO_KAFKA


def test_whoever_hangs_up_without_a_word_is_left_to_the_client():
    """A broker that starts does so: the client tries on, in its own time."""
    with listening(says(b"")) as address, capture_logs() as lines:
        began = time.monotonic()
        asked(address)
        assert time.monotonic() - began < KNOCK_WITHIN_S
    assert not lines


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("kafka1:9093", ("kafka1", 9093)),
        ("kafka1", ("kafka1", 9092)),
        ("[::1]:9093", ("::1", 9093)),
        ("[::1]", ("::1", 9092)),
    ],
)
def test_addresses_are_split_as_people_write_them(address, host):
    assert host_and_port(address) == host


@pytest.mark.parametrize(
    "command",
    [
        ("publish", str(EXAMPLE), "--as", "mes-tailings"),
        ("tail", "mes"),
        ("inbox", "mes"),
        ("silence", "list", "mes"),
        ("silence", "end", "mes.0123456789", "--by", "A. Asanova"),
        ("quarantine", "list"),
        ("quarantine", "release", "cbrn.from.mes.incidents/0/7"),
        ("duties", "list"),
        ("duties", "release", "s/r", "--by", "A. Asanova, duty officer"),
        ("topics", "plan"),
        ("explain", "--from-bus", "x"),
        ("cap", "show", "x"),
        ("route", str(EXAMPLE), "--book", "0123456789"),
        ("rules", "active"),
        ("rules", "replay"),
        ("rules", "diff", "national", "0123456789"),
    ],
    ids=" ".join,
)
def test_every_command_that_asks_a_broker_says_soon_that_there_is_none(monkeypatch, silent, command):
    """Sixteen seconds are long for whoever has mistyped an address. How long is waited at most is tested above."""
    monkeypatch.setattr("cbrn_routing.bus.reach.KNOCK_WITHIN_S", 0.3)
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", silent)
    monkeypatch.setenv("CBRN_BODY", "mes")
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    began = time.monotonic()
    answer = CliRunner().invoke(app, list(command))
    took_s = time.monotonic() - began
    assert (answer.exit_code, f"no broker at {silent} let us in" in answer.stderr) == (1, True), answer.output
    assert "Traceback" not in answer.output
    assert took_s < SOON_S + 2, "the machine may be busy; it was sixteen"
