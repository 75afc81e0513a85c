"""A process that lives long says once why it is kept out, and before its certificate ends."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs
from tests.builders.tls import TestAuthority, broker, listening, server_context

from cbrn_routing.bus.admission import Admission
from cbrn_schemas.settings import Settings


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return TestAuthority(tmp_path_factory.mktemp("ours"), "ours")


def settings_of(authority, address="127.0.0.1:1", **given):
    return Settings(bootstrap_servers=address, security_protocol="SSL", ca_file=authority.file, **given)


@pytest.mark.parametrize(("days", "said"), [(29, True), (31, False), (-1, True)])
def test_an_end_within_thirty_days_is_said(authority, days, said):
    """A person may have to sign the next one."""
    own = authority.issue("mes.desk~2", days=(-40, days))
    with capture_logs() as lines:
        Admission(settings_of(authority, certificate_file=own.file)).say_when_it_ends()
    assert [line["user"] for line in lines] == ["mes.desk~2"] * said
    assert all("cbrn access rotate" in line["hint"] for line in lines)


async def test_why_it_is_kept_out_is_said_once_until_it_changes(authority):
    """Its clients fail every second, all night."""
    lapsed, valid = authority.issue("bus.router-incidents", days=(-9, -1)), authority.issue("bus.router-incidents")
    moment = datetime.now(UTC)
    with listening(broker(), server_context(authority.issue("b"), trusted=authority.file)) as address:
        own = settings_of(authority, address, certificate_file=lapsed.file)
        admission = Admission(own, lambda: moment)
        with capture_logs() as lines:
            for _ in range(3):
                await admission.look()
            moment += timedelta(hours=2)
            await admission.look()
            lapsed.file.write_bytes(valid.file.read_bytes())
            for _ in range(2):
                await admission.look()
    events = [line["event"] for line in lines]
    assert events == ["no broker lets this process in; it tries on"] * 2 + ["let in again"]
    assert "«bus.router-incidents»" in lines[0]["why"]
    assert "24 h" in lines[0]["why"] or "1 days" in lines[0]["why"]


async def test_a_connection_that_fails_in_the_client_makes_it_look(authority):
    """The client itself hides the cause."""
    with listening(broker()) as address, capture_logs() as lines:
        watching = asyncio.create_task(Admission(settings_of(authority, address), look_every_s=0).watch())
        async with asyncio.timeout(10):
            while not lines:
                logging.getLogger("aiokafka.client").error("Unable connect")
                await asyncio.sleep(0.01)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    assert "answers without TLS" in lines[0]["why"]
