"""A broker that holds this user back for a moment is waited for; one that does not answer is not."""

import pytest
from kafka.errors import NodeNotReadyError
from tests.builders.tls import broker, listening

from cbrn_deploy.provisioning.access.protocol import AdminProtocol
from cbrn_routing.bus.errors import BrokerUnreachableError, NotLetInError, Refusal
from cbrn_schemas.settings import Settings


@pytest.fixture
def protocol():
    with listening(broker()) as address:
        yield AdminProtocol(None, Settings(bootstrap_servers=address, security_protocol="PLAINTEXT"))


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


async def test_why_it_does_not_answer_any_more_is_asked_of_the_broker():
    """This client knows no more than the other that its connection ended: both are told of by the same words."""

    def ask():
        raise NodeNotReadyError("no connection")

    with listening(broker(controller="no")) as address:
        protocol = AdminProtocol(None, Settings(bootstrap_servers=address, security_protocol="PLAINTEXT"))
        with pytest.raises(NotLetInError) as caught:
            await protocol._call(ask)
    assert caught.value.refusal is Refusal.NOT_READY
