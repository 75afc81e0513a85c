"""A realm whose rule book two persons put into force."""

from __future__ import annotations

import pytest
from tests.builders.activation_bus import BODIES, REALM, SHARDS, Bus


@pytest.fixture
async def bus(realm_of, tmp_path):
    """An empty realm, two persons with keys, and a trust file that knows them."""
    settings = await realm_of(*BODIES, shards=SHARDS, realm=REALM)
    bus = Bus(settings.model_copy(update={"rulebook_signers": tmp_path / "signers.toml"}), tmp_path)
    await bus.start()
    yield bus
    await bus.stop()
