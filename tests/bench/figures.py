"""Figures of a run, gathered: of each contestant at each setting the median, and from the least to the most."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


class Spread(NamedTuple):
    """Median, least, most, and of how many."""

    median: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Self | None:
        """Gather; None where there are none."""
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None

    def text(self, digits: int = 0) -> str:
        """Write it as a cell."""
        if self.count == 1:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f} to {self.most:,.{digits}f})"


class Figures:
    """What a file of figures says, asked by section, contestant, rate, and what is set."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.machine: dict[str, Any] = found["machine"]
        self.scale: float = found["scale"]
        self.agreed: int = found["agreed"]
        self.book: dict[str, float] = found["book"]
        self.left_out: list[str] = found["left_out"]
        self.without_streams: str | None = found.get("without_streams")
        self.runs: list[dict[str, Any]] = found["runs"]

    def of(self, section: str, contestant: str, rate: int = 0, **setting: Any) -> list[dict[str, Any]]:
        """Return the runs that are meant, failed ones too."""
        return [
            run
            for run in self.runs
            if (run["section"], run["contestant"], run["rate"]) == (section, contestant, rate)
            and all(run["setting"][name] == value for name, value in setting.items())
        ]

    def spread(self, name: str, section: str, contestant: str, rate: int = 0, **setting: Any) -> Spread | None:
        """Gather one figure over the rounds."""
        runs = self.of(section, contestant, rate, **setting)
        return Spread.of(run["figures"][name] for run in runs if run.get("figures"))

    def median(self, name: str, section: str, contestant: str, rate: int = 0) -> float | None:
        """Return the median of one figure."""
        found = self.spread(name, section, contestant, rate)
        return None if found is None else found.median

    def ratio(self, name: str, section: str, contestant: str, other: str, rate: int = 0) -> Spread | None:
        """Compare two contestants round by round: what one had in a round over what the other had in it."""
        pairs = zip(self.of(section, contestant, rate), self.of(section, other, rate), strict=False)
        return Spread.of(
            one["figures"][name] / two["figures"][name]
            for one, two in pairs
            if one.get("figures") and two.get("figures")
        )

    def failed(self) -> list[str]:
        """Say which runs failed, and of what."""
        return [f"{run['section']}, {run['contestant']}: {run['error']}" for run in self.runs if "error" in run]

    def load(self) -> Spread | None:
        """Return what the machine had to do when each job began: what the job before has left, and what others do."""
        return Spread.of(run["load"] for run in self.runs)
