"""What is measured: a rule book, a traffic, and how many shards share it. One value says all of it.

Arena and contestants are processes of their own; each makes book, events and topics from the same setting.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

from cbrn_routing.rulebook import RuleBook, national_rulebook
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic, misplaced_topic, state_topic

if TYPE_CHECKING:
    from pathlib import Path

BODIES: Final = ("mes", "mia", "mnrets", "moh", "scns", "mof", "mec", "mwrapi", "moe", "nas")
"""The members of the working group; who publishes, unless a setting has more."""
KINDS: Final = (
    "tailings-failure",
    "chemical-release",
    "orphan-source",
    "human-disease",
    "portal-alarm",
    "chemical-spill",
)
SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor")
STATE_TOPIC: Final = state_topic(Realm.REAL, Lane.INCIDENTS)
MISPLACED_TOPIC: Final = misplaced_topic(Realm.REAL, Lane.INCIDENTS)
DECISIONS: Final = bus_topic(Realm.REAL, "decisions")
DUTIES: Final = bus_topic(Realm.REAL, "duties")
OUTBOUND: Final = bus_topic(Realm.REAL, "outbound")
QUARANTINE: Final = bus_topic(Realm.REAL, "quarantine")
BUS: Final = (DECISIONS, QUARANTINE, OUTBOUND, DUTIES)


@dataclass(frozen=True, slots=True)
class Setting:
    """A point at which contestants are measured."""

    book: Literal["national", "small"] = "national"
    """The book that is shipped, or a made one: `rules` rules, each event told to `recipients` bodies, no duties."""
    rules: int = 10
    recipients: int = 3
    bodies: int = 10
    """Who publish; with the small book these and no others are told."""
    payload: int = 0
    """Bytes that an event has at least; 0: as the examples are in one language, 1.2 kB."""
    situations: int = 0
    """Among which the events are spread; 0: each has its own."""
    shards: int = 2

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` gave."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """Return it as an argument of a command."""
        return json.dumps(asdict(self))

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of those who publish; beyond the ten they are bodies that the installation added (`own_bodies`)."""
        return (*BODIES[: self.bodies], *(f"own-{number:03}" for number in range(len(BODIES), self.bodies)))

    @property
    def ingress(self) -> list[str]:
        """Topics that are read."""
        return [from_topic(Realm.REAL, code, "incidents") for code in self.codes]

    def load_book(self, folder: Path) -> RuleBook:
        """Return the book; the small one is written into `folder` first."""
        return national_rulebook() if self.book == "national" else write_small_book(folder, self)


def own_bodies(setting: Setting, folder: Path) -> dict[str, str]:
    """Write those who are not in the shipped catalogue as a folder of its own; return the environment that names it."""
    added = setting.codes[len(BODIES) :]
    if not added:
        return {}
    catalogue = folder / "catalogue"
    catalogue.mkdir(parents=True, exist_ok=True)
    rows = [f"{code};service;Кызмат {code};Служба {code};Service {code};mes;chemical" for code in added]
    (catalogue / "bodies.csv").write_text(
        "\n".join(["code;kind;ky;ru;en;parent;hazards", *rows]) + "\n", encoding="utf-8"
    )
    return {"CBRN_CATALOGUE": str(catalogue), "CBRN_DATA_DIR": str(folder / "data")}


def write_small_book(folder: Path, setting: Setting) -> RuleBook:
    """Write a book of so many rules under which an event is told to so many bodies, and load it.

    Rules beyond the first few match often, but name bodies that are told anyway: the output does not depend on them.
    """
    lines = [
        "bases:",
        "  mandate:",
        "    instrument: benchmark",
        "    article: none",
        "    source: made for the benchmark",
        "    confidence: high",
        "rules:",
    ]
    codes = setting.codes
    told = {
        kind: [codes[(number + step) % len(codes)] for step in range(setting.recipients)]
        for number, kind in enumerate(KINDS)
    }
    for kind, (lead, support, *inform) in told.items():
        lines += _rule(
            f"base-{kind}",
            f"{{kind: {kind}}}",
            f"lead: {lead}",
            f"support: [{support}]",
            f"inform: [{', '.join(inform)}]",
            "acknowledge_within: 15m",
        )
    for number in range(setting.rules - len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        severity = SEVERITIES[number // len(KINDS) % len(SEVERITIES)]
        lines += _rule(
            f"filler-{number}", f"{{kind: {kind}, severity: {severity}, country: KG}}", f"inform: [{told[kind][0]}]"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return RuleBook.load(folder)


def _rule(identifier: str, when: str, *says: str) -> list[str]:
    title = "{ky: Өлчөө, ru: Замер, en: Benchmark}"
    head = [f"  - id: {identifier}", f"    title: {title}", "    basis: [mandate]", f"    when: {when}"]
    return head + [f"    {said}" for said in says]
