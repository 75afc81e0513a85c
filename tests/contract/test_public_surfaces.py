"""What a room lets others have stands in its `__init__`: nobody goes past it.

A name of `__all__` is asked of the room itself; a module in `__all__` is asked for its public names. Modules, and not
every name again: a room whose `__init__` loads all of it would keep each command waiting for what it does not need.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.builders.sources import syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
LAYERS = ("schemas", "routing", "producers", "consumers", "deploy")
FILES = {
    ".".join(path.relative_to(ROOT / layer).with_suffix("").parts).removesuffix(".__init__"): path
    for layer in LAYERS
    for path in (ROOT / layer).glob(f"cbrn_{layer}/**/*.py")
}
ROOMS = {name for name, path in FILES.items() if path.name == "__init__.py"}


def room_of(module: str) -> str:
    """The innermost package in which a module stands."""
    while module not in ROOMS:
        module = module.rpartition(".")[0]
    return module


def let_out(source: str) -> frozenset[str]:
    """The names of a package's `__all__`."""
    for node in syntax_of(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def trespasses(module: str, source: str, public: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Imports of `module` that go past the `__init__` of another room."""
    here = room_of(module)
    for node in ast.walk(syntax_of(source)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("cbrn_"):
            continue
        for name in (alias.name for alias in node.names):
            asked = f"{node.module}.{name}"
            target = asked if asked in FILES and asked not in ROOMS else str(node.module)
            room = room_of(target)
            at_home = room == here or here.startswith(f"{room}.") or "." not in room
            wanted = name if target == room else target.rpartition(".")[2]
            if not at_home and asked not in ROOMS and wanted not in public[room]:
                yield f"{module}:{node.lineno} takes {name} from {target}, which {room} does not let out"


PUBLIC = {room: let_out(FILES[room].read_text(encoding="utf-8")) for room in ROOMS}


@pytest.mark.parametrize("layer", LAYERS)
def test_nobody_goes_past_the_door_of_a_room(layer: str) -> None:
    """Whoever needs more writes it into that room's `__all__`, where a reader sees what the room promises."""
    own = {module: path for module, path in FILES.items() if module.startswith(f"cbrn_{layer}")}
    assert own
    found = [
        one for module, path in own.items() for one in trespasses(module, path.read_text(encoding="utf-8"), PUBLIC)
    ]
    assert not found, "\n".join(found)


def test_every_room_lets_out_only_what_it_has() -> None:
    """A door to a module that is gone, or that nobody of the house uses, is no promise."""
    used = {
        (room_of(module), module.rpartition(".")[2])
        for path in (*FILES.values(), *(ROOT / "tests").rglob("*.py"))
        for node in ast.walk(syntax_of(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for module in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        if module in FILES and module not in ROOMS
    }
    modules = {(room, name) for room in ROOMS for name in PUBLIC[room] if f"{room}.{name}" in FILES}
    assert modules <= used


@pytest.mark.parametrize(
    "line",
    [
        "from cbrn_routing.shards.stored import read_stored",
        "from cbrn_routing.proof import walk",
        "def late():\n    from cbrn_consumers.inbox.fold import Batch",
    ],
)
def test_a_trespass_is_noticed(line: str) -> None:
    """The check itself: also of what a function imports when it is called."""
    assert list(trespasses("cbrn_deploy.cli.main", line, PUBLIC))
    assert not list(trespasses("cbrn_deploy.cli.main", "from cbrn_routing.rulebook import Matcher", PUBLIC))
