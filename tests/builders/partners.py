"""Copies for partners: an agreement, copies as the router writes them, persons, and a keeper at hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml
from tests.builders.golden import MIN_KUSH

from cbrn_consumers.deciding import Person
from cbrn_consumers.partners.decided import statement_of
from cbrn_consumers.partners.keeper import PartnersKeeper
from cbrn_routing.activation import PrivateKey, Signer, Trust
from cbrn_routing.signing.releases import sign
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.person_decision import PartnerDecision
from cbrn_schemas.records import PARTNER, RESTRICTED, ROLE, RULE, RULEBOOK
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm, bus_topic

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_consumers.partners.copies import Copy
    from cbrn_consumers.partners.steps import Step

NOW = datetime(2026, 5, 1, 6, 10, tzinfo=UTC)
"""Five minutes after the dam's failure was reported."""
AGREEMENT: dict[str, Any] = {
    "partner": "kz",
    "version": 1,
    "title": {"en": "Early notification", "ru": "Раннее оповещение", "ky": "Эрте кабарлоо"},
    "basis": [
        {
            "instrument": "example",
            "article": "Article 1",
            "since": "2026-01-01",
            "source": "made for a test",
            "confidence": "low",
        }
    ],
    "valid_from": "2026-01-01",
    "hazards": ["radiological", "nuclear", "chemical"],
    "kinds": ["tailings-failure"],
    "fields": ["severity", "urgency", "certainty", "texts.headline", "state", "volume_m3", "situation", "references"],
    "place": "region",
    "tlp": "AMBER",
    "pre_authorised": [{"id": "extreme-dams", "when": {"kind": "tailings-failure", "severity": "Extreme"}}],
    "release": {"persons": 1, "bodies": ["mfa", "mes"], "within": "24h"},
    "acknowledge_within": "2h",
    "formats": ["cap"],
    "signatures": {"demand": "optional"},
    "unsigned": True,
}
KEYS = {
    name: PrivateKey.generate()
    for name in ("A. Asanova (mfa)", "B. Bekov (mfa)", "C. Chynybaev (mes)", "D. Dooronov (moh)")
}
TRUST = Trust(
    tuple(
        Signer(name.partition(" (")[0], name.rpartition("(")[2].rstrip(")"), key.public) for name, key in KEYS.items()
    )
)


def write_agreement(folder: Path, **changes: Any) -> Path:
    """Write the agreement with some fields changed, None taking one out; returns the folder."""
    data = {name: value for name, value in (AGREEMENT | changes).items() if value is not None}
    folder.mkdir(exist_ok=True)
    (folder / "kz.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return folder


def outbound(identifier: str, *, partner: str = "kz", restricted: bool = False, **changes: Any) -> tuple[Any, ...]:
    """Make key, headers and value of a copy, as the router writes it."""
    data = MIN_KUSH | {"severity": "Severe", "references": []} | changes
    data = {name: value for name, value in data.items() if value not in (None, [])}
    headers: list[Header] = binary_headers(
        id=identifier, source="/mes/minkush", type=ce_type(data["kind"]), time=data["observed"]
    )
    headers += [(ROLE, b"inform"), (RULE, b"dams-abroad"), (RULEBOOK, b"0123456789ab"), (PARTNER, partner.encode())]
    headers += [(RESTRICTED, b"true")] if restricted else []
    return data["situation"].encode(), headers, json.dumps(data, ensure_ascii=False).encode()


def copy_of(identifier: str, partner: str = "kz") -> str:
    """Name the copy of such an event."""
    return f"{partner}/mes/minkush/{identifier}"


def person(name: str) -> Person:
    """Return somebody who decides: «A. Asanova (mfa)», with the key of that name."""
    return Person(name, name.rpartition("(")[2].rstrip(")"), partial(sign, KEYS[name]))


class Desk(PartnersKeeper):
    """A keeper whose steps are kept instead of written, on a clock that stands still."""

    def __init__(self, folder: Path | None, realm: Realm = Realm.REAL, **settings: Any) -> None:
        self.now = NOW
        super().__init__(Settings(realm=realm, agreements=folder, **settings), clock=lambda: self.now)
        self.trust = TRUST
        self.steps: list[Step] = []
        self.offset = 0

    async def _look_at_topics(self) -> bool:
        self._topics = frozenset(self.writes())
        return False

    async def _write(self, producer: Any, step: Step) -> None:
        del producer
        self.steps.append(step)
        for entry in step.entries:
            self._note(entry)

    async def look(self, *copies: tuple[Any, ...]) -> list[Step]:
        """Take copies in and see to all; return the steps that were taken."""
        before = len(self.steps)
        for key, headers, value in copies:
            self.offset += 1
            record: Any = SimpleNamespace(
                topic=bus_topic(self.settings.realm, "outbound"),
                partition=0,
                offset=self.offset,
                key=key,
                headers=headers,
                value=value,
                timestamp=int(self.now.timestamp() * 1000) + self.offset,
                timestamp_type=1,
            )
            self.take([record])
        await self.see_to_all(None)  # type: ignore[arg-type] # nothing is written
        return self.steps[before:]

    async def decide(self, name: str, identifier: str, act: Any = "release", **members: Any) -> Any:
        """Decide as a person does who has just looked; return the keeper's answer."""
        who = person(name)
        copy = self.copies.all[copy_of(identifier)]
        seen = copy.shown.digest if act == "release" and copy.shown is not None else None
        given = {"seen": seen, "reason": "asked for by telephone"} | members
        decision = PartnerDecision(
            id=who.new_id(), body=who.body, copy_id=copy.id, at=self.now, by=name, act=act, **given
        )
        decision = decision.model_copy(update=who.signature(statement_of(decision, self.settings.realm)))
        self.pending[decision.id] = decision
        await self.see_to_all(None)  # type: ignore[arg-type] # nothing is written
        return self.copies.answers[decision.id]

    def copy(self, identifier: str) -> Copy:
        """Find the copy of an event."""
        return self.copies.all[copy_of(identifier)]

    def later(self, **delta: Any) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


def topics_of(steps: list[Step]) -> list[str]:
    """Name the topics to which steps write beside the log, in order."""
    return [each.topic for step in steps for each in step.outputs]
