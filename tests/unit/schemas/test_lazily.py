"""Packages that load their names when asked for them."""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

LAZY = ("cbrn_schemas.events", "cbrn_routing.duties", "cbrn_producers", "cbrn_consumers")


@pytest.mark.parametrize("package", LAZY)
def test_every_public_name_is_found_and_is_one_thing(package):
    """A module that holds its own name again would take its place, as soon as somebody imports it."""
    module = import_module(package)
    for name in module.__all__:
        found = getattr(module, name)
        assert not isinstance(found, ModuleType) or not hasattr(found, name), name
    with pytest.raises(AttributeError, match="has no nonsense"):
        _ = module.nonsense


HEAVY = ("aiokafka", "faststream", "numpy", "rich", "structlog", "yaml", "cbrn_schemas.events.chemical")


@pytest.mark.parametrize(
    ("call", "spared"),
    [
        ("--help", HEAVY),
        ("inbox --help", HEAVY),
        ("sites кумтор", ("aiokafka", "faststream", "numpy", "structlog", "yaml", "cbrn_schemas.events.chemical")),
        ("place Mailuu-Suu --json", ("aiokafka", "faststream", "numpy", "structlog", "cbrn_schemas.events.chemical")),
        (
            "route schemas/examples/tailings-failure.json",
            ("aiokafka", "cryptography", "dotenv", "faststream", "numpy", "structlog"),
        ),
    ],
)
def test_a_quick_command_loads_nothing_that_it_does_not_need(call, spared):
    """Each of these cost every call 30 to 200 ms."""
    program = f"""
import sys
sys.argv = ["cbrn", *{call.split()!r}]
from cbrn_deploy.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
loaded = [name for name in {spared!r} if name in sys.modules]
assert not loaded, loaded
import linecache
read = [name for name in linecache.cache if "cbrn_" in name]
assert not read, read  # the source, for docstrings
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
