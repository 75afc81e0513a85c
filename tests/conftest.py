"""What holds for every test: properties are searched for counterexamples, never timed; what takes long begins first."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from tests.builders.rules import national_engine, national_gazetteer

# A busy machine is no counterexample: hypothesis would report an example that took 200 ms.
settings.register_profile("bus", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# For faults written in on purpose (tests/mutants): that one is found is enough, its smallest example is not looked for.
settings.register_profile("mutants", settings.get_profile("bus"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("bus")

LONGEST_FIRST = [Path(__file__).parent / folder for folder in ("broker/zombie", "broker/deploy", "broker")]
"""A minute or two each, some files; whichever came last would leave the other core with nothing to do."""


def pytest_collection_modifyitems(items):
    """Bring the tests into the order in which xdist hands out their files."""

    def place(item):
        return next((n for n, folder in enumerate(LONGEST_FIRST) if folder in item.path.parents), len(LONGEST_FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def gazetteer():
    """The national map."""
    return national_gazetteer()


@pytest.fixture(scope="session")
def engine():
    """The national book on the national map."""
    return national_engine()
