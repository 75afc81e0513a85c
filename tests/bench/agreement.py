"""Whether Kafka Streams' contestant takes and refuses what the product does: examples, and each of them spoiled.

Asked before anything is measured: whoever validates less would have less to do.
"""

from __future__ import annotations

import copy
import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.setting import KINDS
from tests.bench.traffic import EXAMPLES

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.streams import Built

WRONG: Final = (None, True, -1, "", "x", "X" * 5_000, "\x01", [], ["x"], [None], {}, {"x": 1}, "2026-02-30T00:00:00Z")
"""In place of a value that is there: of other types, out of bounds, in no list."""


def spoiled(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the example as it is, then with each member left out, or something else in its place, or one too many.

    Null is not tried where nothing may stand: a Java record cannot tell the two apart.
    """
    yield example
    for path in _paths(example, ()):
        without = copy.deepcopy(example)
        del _parent(without, path)[path[-1]]
        yield without
        for wrong in WRONG:
            if wrong is None and _is_taken(json.dumps(without).encode()):
                continue
            changed = copy.deepcopy(example)
            _parent(changed, path)[path[-1]] = wrong
            yield changed
        more = copy.deepcopy(example)
        if isinstance(parent := _parent(more, path), dict):
            parent["unheard-of"] = 1
            yield more


def disagreements(built: Built) -> tuple[int, list[str]]:
    """Return how many events were shown to both, and those of which they thought differently, each in a line."""
    with tempfile.TemporaryDirectory(prefix="cbrn-bench-") as name:
        folder = Path(name)
        wanted: dict[str, tuple[bool, str]] = {}
        for kind in KINDS:
            example = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
            for number, event in enumerate(spoiled(example)):
                data = json.dumps(event, ensure_ascii=False)
                (folder / f"{kind}-{number}").write_text(data, encoding="utf-8")
                wanted[f"{kind}-{number}"] = (_is_taken(data.encode()), data)
        said = subprocess.run(built.command(name), capture_output=True, text=True, check=True).stdout
    found = dict(line.split() for line in said.splitlines())
    differing = [
        f"{file}: Kafka Streams {found[file]}: {data}"
        for file, (taken, data) in wanted.items()
        if (found[file] == "taken") is not taken
    ]
    return len(wanted), differing


def _is_taken(data: bytes) -> bool:
    try:
        parse_event(data)
    except InvalidEventError:
        return False
    return True


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from _paths(member, (*path, name))


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path[:-1]:
        value = value[name]
    return value
