"""`python -m tests.bench.page [FILE]`: write tables and pictures of a run into `docs/`.

With a file its figures are taken first: those of a run that was cut short, for one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.drawing import Panel, Point, Series, drawn
from tests.bench.figures import Figures, Spread
from tests.bench.plan import CONTESTANTS, GROWTH, PACED, RATES
from tests.bench.tables import label, page_part, shown
from tests.pages import ROOT, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = ROOT / "docs" / "benchmarks.md"
FOLDER: Final = ROOT / "docs" / "benchmarks"
FIGURES: Final = FOLDER / "figures.json"
BEGIN, END = "<!-- bench: written by `uv run python -m tests.bench --write` -->\n", "<!-- end of bench -->\n"
FIGURE_TITLES: Final = {
    "events_per_s": "events/s",
    "cpu_ms_per_1000": "CPU ms per 1,000 events",
    "peak_mb": "peak resident MB",
}


def pictures(found: dict[str, Any]) -> dict[str, str]:
    """Return every picture by the name of its file."""
    figures = Figures(found)
    made = {
        f"{section}.svg": drawn(list(_compared(figures, section)), 3, f"The {section} book: each contestant")
        for section in ("national", "small")
    }
    made["latency.svg"] = drawn(list(_paced(figures)), 3, "Latency at each rate")
    made["growth.svg"] = drawn(list(_grown(figures)), 3, "The router as one thing grows")
    made["memory.svg"] = drawn(list(_memory(figures)), 1, "The router's resident size as events are routed")
    return made


def as_text(found: dict[str, Any]) -> str:
    """Return the figures as JSON, a run a line: so many can be read, and compared."""
    runs = ",\n".join(json.dumps(run, ensure_ascii=False) for run in found["runs"])
    head = json.dumps({name: value for name, value in found.items() if name != "runs"}, ensure_ascii=False, indent=1)
    return f'{head[:-2]},\n "runs": [\n{runs}\n ]\n}}\n'


def write_page() -> None:
    """Write what `FIGURES` says into the page, and its pictures."""
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    for name, picture in pictures(found).items():
        (FOLDER / name).write_text(picture, encoding="utf-8")
    rewrite(PAGE, BEGIN, END, page_part(found))


def _compared(figures: Figures, section: str) -> Iterator[Panel]:
    for figure, title in FIGURE_TITLES.items():
        series = [
            Series(shown(name), [_point("", spread)])
            for name in CONTESTANTS
            # FastStream's bar of CPU would leave the others without height.
            if name != "faststream" and (spread := figures.spread(figure, section, name))
        ]
        yield Panel(title, series, bars=True)


def _paced(figures: Figures) -> Iterator[Panel]:
    for figure, title in (("p50_ms", "p50, ms"), ("p99_ms", "p99, ms"), ("core_percent", "CPU, % of a core")):
        series = []
        for name in PACED:
            spreads = [figures.spread(figure, "paced", name, rate) for rate in RATES]
            if all(spreads):  # else the table says which rate it does not hold
                pairs = zip(RATES, spreads, strict=True)
                series.append(Series(shown(name), [_point(f"{rate:,}/s", one) for rate, one in pairs if one]))
        yield Panel(title, series, bars=True)


def _grown(figures: Figures) -> Iterator[Panel]:
    for section, settings in GROWTH.items():
        points = []
        for setting in settings:
            value = getattr(setting, section)
            if spread := figures.spread("cpu_ms_per_1000", section, "router", **{section: value}):
                points.append(_point(label(section, value), spread))
        if points:
            yield Panel(f"{section}: CPU ms per 1,000", [Series("router", points)])


def _memory(figures: Figures) -> Iterator[Panel]:
    runs = [run for run in figures.of("memory", "router") if run.get("figures")]
    series = runs[-1]["figures"]["resident_mb"] if runs else []
    points = [Point(f"{done // 1000}k", size, size, size) for done, size in series]
    if points:
        yield Panel("resident MB, by events routed", [Series("router", points)])


def _point(name: str, spread: Spread) -> Point:
    return Point(name, spread.median, spread.least, spread.most)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        FOLDER.mkdir(exist_ok=True)
        FIGURES.write_text(as_text(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")
    write_page()
