"""Routers on a broker that an operator, a foreign client or a crash has changed."""

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.router_bus import Bus, alter_broker, everybody


@pytest.fixture
async def bus(realm_of, engine):
    return Bus(await realm_of(*everybody()), engine)


@pytest.fixture
async def forgetful(bus):
    """A broker that takes records of transactions of which its coordinator knows nothing, as it does after a crash."""
    await alter_broker(bus, {"transaction.partition.verification.enable": "false"})
    yield
    await alter_broker(bus, {"transaction.partition.verification.enable": "true"})


@pytest.fixture
def forgotten_marker(monkeypatch):
    """Of the next transaction of a router the marker of one partition is forgotten.

    One function is called before it is written, another with its producer once it is committed. Returns the producers
    of all transactions that routers begin.
    """

    def arm(partition, after, before=None):
        begin, commit = AIOKafkaProducer.begin_transaction, AIOKafkaProducer.commit_transaction
        chosen, begun_by = [], []

        async def begun(producer):
            await begin(producer)
            begun_by.append(producer)
            if not chosen and ".router." in producer._txn_manager.transactional_id:
                chosen.append(producer)
                producer._txn_manager._txn_partitions.add(partition)
                if before is not None:
                    await before()

        async def committed(producer):
            mine = chosen == [producer]
            if mine:
                chosen.append(None)
                producer._txn_manager._txn_partitions.discard(partition)
            await commit(producer)
            if mine:
                after(producer)

        monkeypatch.setattr(AIOKafkaProducer, "begin_transaction", begun)
        monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", committed)
        return begun_by

    return arm
