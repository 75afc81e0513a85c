"""A dispatcher of the national book."""

from __future__ import annotations

import pytest

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.events.quickly import DECODERS
from cbrn_schemas.topics import Lane, Realm


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    return Dispatcher(Realm.REAL, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))


@pytest.fixture(autouse=True, scope="session")
def _as_in_a_process() -> None:
    """A router reads its first event as it reads all."""
    DECODERS.build()
