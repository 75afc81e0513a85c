"""A feed that has no broker, and does not really wait."""

import asyncio

import pytest
from tests.builders.feed import Pauses

from cbrn_consumers import AlertFeed, Patience


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
async def feed(tmp_path, pauses):
    made = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(5.0, (1.0, 5.0)), sleep=pauses)
    made._failure = asyncio.get_running_loop().create_future()
    yield made
    if made._failure.done():
        made._failure.exception()
