"""The rules that a CAP document is held to, by name (`data/rules.csv`), and the report of what was broken.

Two profiles. `strict`: what the standard, its XSD and its text demand. `lenient`: what a real feed may do and still be
understood; the same faults are then warnings, and the alert is read.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from cbrn_schemas.catalogue.tables import read_table
from cbrn_schemas.formats.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.formats.cap.tree import Node
    from cbrn_schemas.formats.faults import FaultSeverity

Profile = Literal["strict", "lenient"]
FAULTS_MAX: Final = 1_000
"""Of one document: two thousand info blocks would else repeat ten faults each."""
ONLY_12: Final = frozenset({"time-form", "mime-missing"})
"""Rules that came with 1.2."""


class Rule(NamedTuple):
    """One rule."""

    name: str
    strict: FaultSeverity
    lenient: FaultSeverity
    source: str
    """Where it stands: the XSD, a section of CAP 1.2, another checker's name for it, or our own design."""
    hint: str


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its name."""
    rows = read_table("rules.csv", "cbrn_schemas.formats.cap")
    return MappingProxyType(
        {
            row["rule"]: Rule(
                row["rule"],
                cast("FaultSeverity", row["strict"]),
                cast("FaultSeverity", row["lenient"]),
                row["source"],
                row["hint"],
            )
            for row in rows
        }
    )


class Report:
    """What was found in one document, in the order of finding."""

    def __init__(self, profile: Profile) -> None:
        self.profile: Profile = profile
        self.faults: list[Fault] = []
        self.full = False
        self.version = "1.2"

    def add(self, rule: str, node: Node, message: str, hint: str | None = None) -> None:
        """Note that a rule is broken at a node. A remedy that knows more than the rule's own stands in its place."""
        self.at(rule, node.where, node.line, message, hint)

    def at(self, rule: str, where: str, line: int | None, message: str, hint: str | None = None) -> None:
        """Note that a rule is broken at a place without a node of its own."""
        if self.full:
            return
        if len(self.faults) >= FAULTS_MAX:
            self.full = True
            rule, where, line = "faults-many", "document", None
            message, hint = f"more than {FAULTS_MAX:,} faults; the rest is not listed", None
        broken = rules()[rule]
        severity = broken.strict if self.profile == "strict" else broken.lenient
        if rule in ONLY_12 and self.version == "1.1" and severity == "error":
            severity = "warning"
        self.faults.append(Fault(severity, line, where, rule, message, hint or broken.hint))

    def errors(self) -> list[Fault]:
        """Return what makes the document one that is not used."""
        return [fault for fault in self.faults if fault.severity == "error"]
