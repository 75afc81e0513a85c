"""`python -m tests.rooms`: draw the rooms of the house into `docs/architecture.md`, from the code.

A room is a package within a layer, or what lies loose in it. What it is for is its docstring's first line; an arrow
is an import. Drawn are the arrows between packages of a layer; those from layer to layer once for all, since
import-linter holds them.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import grimp
from tests.pages import rewrite

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
LAYERS = {"deploy": "cbrn_deploy", "consumers": "cbrn_consumers", "producers": "cbrn_producers"}
LAYERS |= {"routing": "cbrn_routing", "schemas": "cbrn_schemas"}
BEGIN, END = "<!-- rooms: written by `uv run python -m tests.rooms` -->\n", "<!-- end of rooms -->\n"


def rooms(graph: grimp.ImportGraph) -> list[str]:
    """Return the packages of the second level, by name."""
    return sorted(name for name in graph.modules if name.count(".") == 1 and graph.find_children(name))


def room_of(module: str, known: list[str]) -> str:
    """Return the room of a module; what lies loose in a layer is in the layer's own."""
    name = ".".join(module.split(".")[:2])
    return name if name in known else module.partition(".")[0]


def arrows(graph: grimp.ImportGraph, known: list[str]) -> list[tuple[str, str]]:
    """Return the imports between rooms of one layer."""
    pairs = {
        (room_of(importer, known), room_of(imported, known))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return sorted(
        (one, other)
        for one, other in pairs
        if one != other and one in known and other in known and one.partition(".")[0] == other.partition(".")[0]
    )


def purpose(room: str) -> str:
    """Return the first sentence of a room's docstring."""
    layer = next(folder for folder, package in LAYERS.items() if room.partition(".")[0] == package)
    text = (ROOT / layer / room.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")
    documented = ast.get_docstring(ast.parse(text)) or ""
    return documented.partition("\n")[0]


def drawn() -> str:
    """Return the picture and the table."""
    graph = grimp.build_graph(*LAYERS.values(), cache_dir=None)
    known = rooms(graph)
    lines = ["```mermaid", "flowchart TD"]
    for folder, package in LAYERS.items():
        lines.append(f"  subgraph {folder}")
        lines += [f"    {name}[{name.partition('.')[2]}]" for name in known if name.startswith(f"{package}.")]
        lines.append("  end")
    names = list(LAYERS)
    lines += [f"  {upper} --> {lower}" for upper, lower in pairwise(names)]
    lines += [f"  {one} --> {other}" for one, other in arrows(graph, known)]
    lines += ["```", "", "| room | what is in it | modules |", "| --- | --- | --- |"]
    for folder, package in LAYERS.items():
        for name in (package, *(name for name in known if name.startswith(f"{package}."))):
            inside = [module for module in graph.modules if room_of(module, known) == name]
            label = f"{folder}/{name.replace('.', '/')}"
            lines.append(f"| [{name.removeprefix('cbrn_')}](../{label}) | {purpose(name)} | {len(inside)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    rewrite(PAGE, BEGIN, END, drawn())
