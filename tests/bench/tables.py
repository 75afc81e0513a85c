"""The figures as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.bench.figures import Figures, Spread
from tests.bench.machine import sentence
from tests.bench.plan import CONTESTANTS, GROWTH, PACED, RATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN: Final = {
    "streams": "Kafka Streams, same job",
    "streams, two threads": "Kafka Streams, same job, two threads",
    "streams, stateless": "Kafka Streams, no ids, no situations",
    "aiokafka": "aiokafka, transactions",
    "faststream": "FastStream, a handler per message",
}
STALL_MS: Final = 1_000


def page_part(found: dict[str, Any]) -> str:
    """Return all that is written of a file of figures."""
    figures = Figures(found)
    parts = [_setting(figures)]
    for section, title in (("national", "The national book"), ("small", "A small book")):
        parts += [
            f"### {title}",
            f"![{title}: events/s, CPU and memory](benchmarks/{section}.svg)",
            _compared(figures, section),
        ]
    parts += ["### Latency", "![p50 and p99 at each rate](benchmarks/latency.svg)", _paced(figures)]
    if figures.scale >= 1:  # a trial's figures reach nothing
        parts += ["### Against what was to be reached", _reached(figures)]
    parts += [
        "### As one thing grows",
        "![CPU and events/s as one thing grows](benchmarks/growth.svg)",
        _grown(figures),
    ]
    parts += ["### Memory", "![Resident size as events are routed](benchmarks/memory.svg)", _memory(figures)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def shown(contestant: str) -> str:
    """Name a contestant for readers."""
    return SHOWN.get(contestant, contestant)


def _setting(figures: Figures) -> str:
    said = [f"{sentence(figures.machine)}."]
    if figures.scale < 1:
        said.append(f"**A trial with {figures.scale:.0%} of the events: its figures say that it runs, and no more.**")
    if load := figures.load():
        said.append(f"Load when a measurement began: {load.text(1)}; where nothing else ran, the one before left it.")
    book = figures.book
    said.append(
        f"The national book has {book['rules']} rules: an event is told to {book['recipients']} bodies, held for "
        f"{book['partners']} partners; of 100 events {book['raise_duties_percent']} raise {book['duties']} duties each."
    )
    if figures.agreed:
        said.append(
            f"Of {figures.agreed:,} events, most of them spoiled, Kafka Streams took those that the product took."
        )
    if figures.without_streams:
        said.append(f"Kafka Streams is left out: {figures.without_streams}.")
    if figures.left_out:
        said.append(f"There was no time for: {'; '.join(dict.fromkeys(figures.left_out))}.")
    if failed := figures.failed():
        said.append(f"**Failed:** {'; '.join(failed)}.")
    said.append("Medians, and from the least to the most where there was more than one round.")
    return " ".join(said)


def _compared(figures: Figures, section: str) -> str:
    rows = []
    for name in CONTESTANTS:
        speed = figures.spread("events_per_s", section, name)
        cpu = figures.spread("cpu_ms_per_1000", section, name)
        cold = figures.spread("cpu_ms_per_1000_cold", section, name)
        peak = figures.spread("peak_mb", section, name)
        if speed and cpu and cold and peak:
            events = f"{figures.of(section, name)[0]['events']:,}"
            used = (cpu.text(1), cold.text(1), f"{peak.most:,.0f}")
            rows.append((shown(name), speed.text(), *used, f"{speed.count}", events))
    head = ("contestant", "events/s", "CPU ms per 1,000", "of it all, warm-up too", "peak MB", "rounds", "events")
    return table(head, rows) if rows else "Not measured."


def _paced(figures: Figures) -> str:
    rows = []
    for name in PACED:
        for rate in RATES:
            if not (runs := figures.of("paced", name, rate)):
                continue
            cells = [_cell(figures, one, name, rate) for one in ("p50_ms", "p99_ms", "max_ms", "core_percent")]
            if all(run.get("figures") is None and "error" not in run for run in runs):
                cells = ["does not hold it", "", "", ""]
            rows.append((shown(name), f"{rate:,}/s", *cells))
    head = ("contestant", "rate", "p50 ms", "p99 ms", "longest ms", "% of a core")
    return table(head, rows) if rows else "Not measured."


def _cell(figures: Figures, name: str, contestant: str, rate: int) -> str:
    found = figures.spread(name, "paced", contestant, rate)
    return "" if found is None else found.text()


def _reached(figures: Figures) -> str:
    rows: list[tuple[str, str]] = []
    _against(rows, figures, "small", "router", "events_per_s", 1.2, "events/s, one process")
    _against(rows, figures, "small", "router, two processes", "events_per_s", 1.6, "events/s, two processes")
    _against(rows, figures, "small", "router", "cpu_ms_per_1000", 0.6, "CPU an event")
    _against(rows, figures, "national", "router", "events_per_s", 1.0, "events/s, one process, national book")
    _line(
        rows, "national book, events/s a process", 12_000, figures.spread("events_per_s", "national", "router"), up=True
    )
    for rate in RATES:
        _against(rows, figures, "paced", "router", "p99_ms", 1.0, f"p99 at {rate:,}/s", rate)
    longest = [figures.spread("max_ms", "paced", "router", rate) for rate in RATES]
    stall = Spread.of([max(one.most for one in longest if one)]) if any(longest) else None
    _line(rows, "the longest that an event waited, ms", STALL_MS, stall, up=False)
    busy = figures.spread("core_percent", "paced", "router", 500)
    _line(rows, "CPU at 500/s, % of a core", 25, busy, up=False)
    _line(rows, "resident, MB, 100,000 situations", 250, figures.spread("peak_mb", "memory", "router"), up=False)
    return table(("to reach", "reached"), rows) if rows else "Not measured."


def _against(  # noqa: PLR0917 - a line of a table
    rows: list[tuple[str, str]],
    figures: Figures,
    section: str,
    contestant: str,
    name: str,
    wanted: float,
    words: str,
    rate: int = 0,
) -> None:
    ratio = figures.ratio(name, section, contestant, "streams", rate)
    _line(rows, f"{words}, against Kafka Streams at the same job, times", wanted, ratio, up=name == "events_per_s")


def _line(rows: list[tuple[str, str]], words: str, wanted: float, found: Spread | None, *, up: bool) -> None:
    if found is None:
        return
    reached = found.median >= wanted if up else found.median <= wanted
    digits = 2 if wanted < 10 else 0
    verdict = found.text(digits) if reached else f"**{found.text(digits)}, not reached**"
    rows.append((f"{words}: {'at least' if up else 'at most'} {wanted:,.{1 if wanted < 10 else 0}f}", verdict))


def _grown(figures: Figures) -> str:
    rows = []
    for section, settings in GROWTH.items():
        for setting in settings:
            value = getattr(setting, section)
            cpu = figures.spread("cpu_ms_per_1000", section, "router", **{section: value})
            speed = figures.spread("events_per_s", section, "router", **{section: value})
            peak = figures.spread("peak_mb", section, "router", **{section: value})
            if cpu and speed and peak:
                rows.append((section, label(section, value), cpu.text(1), speed.text(), f"{peak.most:,.0f}"))
    head = ("what grows", "to", "CPU ms per 1,000", "events/s", "peak MB")
    return table(head, rows) if rows else "Not measured."


def label(section: str, value: int) -> str:
    """Write a value of what grows."""
    if section == "payload":
        return f"{value / 1024:.0f} KiB" if value else "1.2 kB"
    return f"{value:,}" if value else "each its own"


def _memory(figures: Figures) -> str:
    runs = [run for run in figures.of("memory", "router") if run.get("figures")]
    if not runs:
        return "Not measured."
    series = runs[-1]["figures"]["resident_mb"]
    head = ("events routed", *(f"{done:,}" for done, _ in series))
    return table(head, [("resident MB", *(f"{size:,}" for _, size in series))])
