"""Publishing without asyncio: the same agency, on a loop in a thread."""

import gc
import inspect
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from tests.unit.producers.test_sdk import FakeConnection, FakeProducer, failure

from cbrn_producers import Agency, BrokerUnreachableError, NotStartedError, Receipt, RefusedEventError, SyncAgency, sdk
from cbrn_producers.sync import Opening

WITHIN_S = 20


@pytest.fixture
def connected(monkeypatch):
    """An agency whose connection answers as a script says."""
    closed = []

    class Connection(FakeConnection):
        async def close(self):
            closed.append(threading.current_thread())

    def open_with(*script, **options):
        producer = FakeProducer(*script)
        monkeypatch.setattr(sdk, "Connection", lambda *_, **__: Connection(producer))
        agency = SyncAgency("mes", **options)
        agency.producer, agency.closed = producer, closed
        return agency

    return open_with


def test_it_takes_what_the_agency_takes():
    """An option that only one of them has would be a second way."""
    options = dict(inspect.signature(Agency).parameters)
    del options["body"]
    assert set(Opening.__annotations__) == set(options)
    for name in ("check", "publish", "publish_many"):
        theirs, ours = (inspect.signature(getattr(one, name)).parameters for one in (Agency, SyncAgency))
        assert {key: value.default for key, value in theirs.items()} == {
            key: value.default for key, value in ours.items()
        }


def test_an_event_is_published_with_a_receipt(connected):
    """One line less than with asyncio, and nothing else is different."""
    with connected(7) as mes:
        receipt = mes.publish(failure(), event_id="a-1")
    assert (receipt.id, receipt.offset) == ("a-1", 7)
    assert mes.closed


def test_errors_are_those_of_the_agency(connected):
    """A thread between must not wrap them."""
    with connected() as mes, pytest.raises(RefusedEventError, match="body"):
        mes.publish(failure(body="moh"))
    with pytest.raises(RefusedEventError, match="no body"):
        SyncAgency("nobody")


def test_a_broker_that_is_not_there_is_told_at_the_start():
    """And the thread is gone: none may keep a program from ending."""
    mes = SyncAgency("mes", bootstrap_servers="127.0.0.1:9", connect_within_s=0.1)
    with pytest.raises(BrokerUnreachableError):
        mes.__enter__()
    assert "agency-mes" not in {thread.name for thread in threading.enumerate()}


def test_many_events_are_read_in_the_callers_thread(connected):
    """A cursor of a database belongs to the thread that opened it."""
    readers = set()

    def rows():
        for number in range(3):
            readers.add(threading.current_thread())
            yield failure(), f"a-{number}"

    with connected(1, 2, 3) as mes:
        outcomes = mes.publish_many(rows())
    assert [outcome.offset for outcome in outcomes if isinstance(outcome, Receipt)] == [1, 2, 3]
    assert readers == {threading.current_thread()}


def test_threads_may_share_it(connected):
    """A web server has a thread a request."""
    with connected(*range(40)) as mes, ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda number: mes.publish(failure(), event_id=f"a-{number}"), range(40)))
    assert [receipt.id for receipt in receipts] == [f"a-{number}" for number in range(40)]
    assert {receipt.offset for receipt in receipts} == set(range(40))


def test_outside_of_its_with_it_says_so(connected):
    """Forgotten by everybody once."""
    mes = connected(1)
    with pytest.raises(NotStartedError, match="not open") as told:
        mes.publish(failure())
    assert "with SyncAgency" in told.value.hint
    with mes:
        mes.publish(failure())
    with pytest.raises(NotStartedError, match="not open"):
        mes.publish(failure())


def test_who_waits_while_it_is_closed_by_an_error_hears_of_it(connected):
    """A thread that nobody answers would never end."""
    told = []

    def wait(mes):
        with pytest.raises(NotStartedError, match="closed before") as error:
            mes.publish(failure(), event_id="a-1")
        told.append(error.value)

    began = time.monotonic()
    mes = connected("never", acknowledge_within_s=60.0)
    mes.__enter__()
    waiting = threading.Thread(target=wait, args=(mes,))
    waiting.start()
    while not mes.producer.sent:
        time.sleep(0.01)
    interrupt = KeyboardInterrupt()
    with suppress(KeyboardInterrupt):
        mes.__exit__(KeyboardInterrupt, interrupt, None)
    waiting.join(WITHIN_S)
    assert told
    assert "same id" in told[0].hint
    assert time.monotonic() - began < WITHIN_S


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_told_and_does_not_hang(connected):
    """Its copy has no loop: whoever waited for it would wait for ever, at the latest when the interpreter ends."""
    reader, writer = os.pipe()
    with connected(1, 2) as mes:
        child = os.fork()
        if child == 0:
            try:
                mes.publish(failure())
            except NotStartedError as error:
                os.write(writer, f"{error} {error.hint}".encode())
            finally:
                mes.__exit__(None, None, None)
                mes._closing = None
                gc.collect()  # the portal's own generator must not wait either
                os.write(writer, b" left")
                os._exit(0)
        os.close(writer)
        ended = time.monotonic() + WITHIN_S
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > ended:
                os.kill(child, signal.SIGKILL)
                pytest.fail("the child hangs")
            time.sleep(0.01)
        said = os.read(reader, 1000).decode()
        os.close(reader)
        assert mes.publish(failure()).offset == 1
    assert "forked" in said
    assert "in each process" in said
    assert said.endswith("left")
