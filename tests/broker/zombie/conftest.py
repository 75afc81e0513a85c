"""Options of the zombie test, known when its folder is named: `pytest tests/broker/zombie --zombie-faults 500`."""

from __future__ import annotations

import secrets

import pytest
from tests.builders.thorough import THOROUGH

FAULTS_DEFAULT = 54 if THOROUGH else 24
FIXED_S = 240
SECONDS_A_FAULT = 6
"""Measured: 1 to 1.5 s; a machine that does something else as well gets four times that."""


def pytest_addoption(parser):
    group = parser.getgroup("zombie test")
    group.addoption("--zombie-faults", type=int, default=FAULTS_DEFAULT, help=f"faults to cause ({FAULTS_DEFAULT})")
    group.addoption("--zombie-seed", type=int, default=None, help="repeats the choice of faults (random)")


def pytest_collection_modifyitems(config, items):
    allowed_s = FIXED_S + SECONDS_A_FAULT * config.getoption("zombie_faults", default=FAULTS_DEFAULT)
    for item in items:
        if "zombie_faults" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(allowed_s), append=False)


@pytest.fixture
def zombie_faults(request):
    """How many faults to cause."""
    return request.config.getoption("zombie_faults", default=FAULTS_DEFAULT)


@pytest.fixture
def zombie_seed(request):
    """The seed; a failing test prints it."""
    given = request.config.getoption("zombie_seed", default=None)
    return secrets.randbelow(10**6) if given is None else given
