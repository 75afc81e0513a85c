"""A broker that holds this user back for a moment is waited for; one that does not answer is not."""

import pytest
from kafka.errors import NodeNotReadyError

from cbrn_deploy.provisioning.access.protocol import AdminProtocol
from cbrn_routing.bus.errors import BrokerUnreachableError


@pytest.fixture
def protocol():
    made = AdminProtocol.__new__(AdminProtocol)
    made._where = "127.0.0.1:9092"
    return made


async def test_who_asks_much_is_held_back_and_answered_then(protocol):
    """The quota of requests holds for who gives rights, too: a plan of a large realm ended with «did not answer»."""
    paused = [NodeNotReadyError("Node paused: {'throttle'}")] * 3

    def ask():
        if paused:
            raise paused.pop()
        return "answered"

    assert await protocol._call(ask) == "answered"


async def test_a_broker_that_is_not_ready_for_another_reason_is_told_at_once(protocol):
    def ask():
        raise NodeNotReadyError("no connection")

    with pytest.raises(BrokerUnreachableError, match="no connection"):
        await protocol._call(ask)
