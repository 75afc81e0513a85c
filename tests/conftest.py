"""What holds for every test: properties are searched for counterexamples, never timed; what takes long begins first."""

import logging
import os
import sys
from functools import cache
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from tests.builders.rules import national_engine, national_gazetteer

from cbrn_deploy.cli.logs import LIBRARIES

# A busy machine is no counterexample: hypothesis would report an example that took 200 ms.
settings.register_profile("bus", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# For faults written in on purpose (tests/mutants): that one is found is enough, its smallest example is not looked for.
settings.register_profile("mutants", settings.get_profile("bus"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("bus")

LONGEST_FIRST = [f"{Path(__file__).parent / folder}{os.sep}" for folder in ("broker/zombie", "broker/deploy", "broker")]
"""A minute or two each, some files; whichever came last would leave the other core with nothing to do."""


def pytest_configure(config):
    """Have the hundreds of processes of the tests, which live for seconds, spend little on being compiled.

    A JVM compiles without its last stage, which pays after minutes. Python keeps what it compiled where it may write
    nothing by itself: beside pytest's own notes; so not with `-p no:cacheprovider`, as tests/mutants has it.
    """
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    os.environ.setdefault("UV_RUN_RECURSION_DEPTH", "1")  # hints name commands as typed: here, as by uv run
    kept = getattr(config, "cache", None)
    if kept is not None and sys.dont_write_bytecode and sys.pycache_prefix is None:
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(kept.mkdir("compiled"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items):
    """Bring the tests into the order in which xdist hands out their files."""

    @cache
    def place(path):
        return next((n for n, folder in enumerate(LONGEST_FIRST) if path.startswith(folder)), len(LONGEST_FIRST))

    items.sort(key=lambda item: place(str(item.path)))


*_OTHERS, _ = structlog.get_config()["processors"]
LOG = [*_OTHERS, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
"""As structlog comes, but for its tracebacks: it draws all that stands in each frame, a rule book for six seconds."""
structlog.configure(processors=[*LOG])
AS_EVER = structlog.get_config() | {"processors": LOG}


@pytest.fixture(autouse=True)
def _logs_as_they_were():
    """A command that a test runs in its own process sets up the log; the next test may look for a line of its own."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = root.handlers[:]
    yield
    if structlog.get_config() != AS_EVER:
        structlog.reset_defaults()
        structlog.configure(processors=[*LOG])
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def gazetteer():
    """The national map."""
    return national_gazetteer()


@pytest.fixture(scope="session")
def engine():
    """The national book on the national map."""
    return national_engine()
