"""A desk with copies for partners to test with: no Kafka, and the keeper's own judgement of what persons decide.

async with partner_house(tmp_path) as (house, bus):
    copy = await bus.hold(house, persons=2)
    page = await house.client(Role.OFFICER).get(bus.path(copy))
    await decide(client, page, AIGUL_PEM)
    bus.log.all[copy.id].state
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.builders.activation import AIGUL, BAKYT, STRANGER
from tests.builders.desk import desk_house, fields
from tests.builders.desk_accounts import PASSWORD

from cbrn_consumers.desk.web.rooms.partners.bus import Heard, Partners
from cbrn_consumers.desk.web.rooms.partners.shown import copy_path
from cbrn_consumers.errors import CopyRefusedError
from cbrn_consumers.partners import Copies
from cbrn_consumers.partners.decided import decided, statement_of
from cbrn_routing.activation import Signer, Trust
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.partner_release import (
    Expired,
    Held,
    Released,
    ReleasedDocument,
    Shown,
    Weighed,
    Withheld,
    copy_id,
    digest_of,
)
from cbrn_schemas.person_decision import PartnerDecision
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.builders.desk import Client, House

    from cbrn_consumers.deciding import Person
    from cbrn_consumers.desk.web.visit import CopiesLine
    from cbrn_consumers.partners import Copy

PASSPHRASE = "four words of a test"  # noqa: S105 - of keys that are known to everybody
SIGNERS = {"aigul": (AIGUL, "A. Asanova", "mes"), "bakyt": (BAKYT, "B. Beishenov", "moh")}
KEYS = {name: key.to_pem(PASSPHRASE) for name, (key, _, _) in SIGNERS.items()}
KEYS["stranger"] = STRANGER.to_pem(PASSPHRASE)
TRUST = Trust(tuple(Signer(person, body, key.public) for key, person, body in SIGNERS.values()))
AGREEMENT = "kz/3"
WITHHELD = {
    "where.point": "finer-place",
    "where.district": "finer-place",
    "where.description": "finer-place",
    "measurements": "not-named",
    "texts": "not-named",
    "unit": "not-named",
    "reporter": "not-named",
}
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">\n'
    "<identifier>e-1</identifier>\n</alert>\n"
)


def reduced(event: dict[str, Any]) -> dict[str, Any]:
    """The event as the partner would see it: by district, without what machines have measured, in the bus's words."""
    made = {name: value for name, value in event.items() if name not in {"measurements", "unit", "reporter"}}
    made["where"] = {"district": event["where"]["district"][:5]}
    made["texts"] = {"ru": {"headline": "Выброс химического вещества"}, "en": {"headline": "Chemical release"}}
    return made


class SaidBus(Partners):
    """A log in memory; what persons decide is judged by the keeper's own rules."""

    def __init__(self, house: House) -> None:
        super().__init__(house.desk.settings, house.store, None if house.desk.all else house.desk.body)
        self._house = house
        self.log = self._followed = Copies()
        self.away = False
        self.decisions: list[PartnerDecision] = []

    async def copies(self) -> Heard:
        problem = BrokerUnreachableError("no broker at kafka1:9092", "Look at the line.") if self.away else None
        return Heard(self.log.in_order(), problem)

    async def decide(self, copy: str, person: Person, *, release_seen: str | None, reason: str, now: Any) -> None:
        if self.away:
            raise BrokerUnreachableError("no broker at kafka1:9092", "Look at the line.")
        act = "refuse" if release_seen is None else "release"
        given = {"id": person.new_id(), "body": person.body, "copy_id": copy, "at": now, "by": person.name}
        decision = PartnerDecision(**given, act=act, seen=release_seen, reason=reason)
        decision = decision.model_copy(update=person.signature(statement_of(decision, Realm.REAL)))
        self.decisions.append(decision)
        word = decided(self.log, decision, TRUST, Realm.REAL, now)
        for entry in word.entries:
            self.log.add(entry)
        if word.approvals:
            self.leave(self.log.all[copy], word.approvals)
        answer = self.log.answers[decision.id]
        if answer.outcome == "refused":
            error = CopyRefusedError(str(answer.why), hint=str(answer.hint))
            error.because = answer.because
            raise error

    def leave(self, copy: Copy, approvals: Any = (), **more: Any) -> None:
        """Write that it has left."""
        shown = copy.shown
        assert shown is not None
        known: dict[str, Any] = {
            "id": copy.id, "at": self._house.now, "automatic": not approvals, "seen": shown.digest,
            "agreement": shown.agreement, "agreement_digest": shown.agreement_digest, "clauses": shown.clauses,
            "withheld": shown.withheld, "event_digest": digest_of(shown.event),
            "documents": {each.format: digest_of(each.text) for each in shown.documents}, "approvals": approvals,
        }  # fmt: skip
        self.log.add(Released(**(known | more)))

    def expire(self, copy: Copy) -> None:
        """Write that its time has run out."""
        self.log.add(Expired(id=copy.id, at=self._house.now, due=self._house.now))

    async def hold(self, house: House, *, situation: str = "KG-1", partner: str = "kz", **more: Any) -> Copy:
        """Tell mes of a chemical release, and hold its copy for a partner; `told=False`: nobody else is told."""
        weighed, told = more.pop("weighed", True), more.pop("told", True)
        said = {name: more.pop(name) for name in ("message_type", "references", "texts") if name in more}
        said = {"situation": situation, "severity": more.pop("severity", "Severe"), **said}
        kept = house.told.records.alert("mes", **said)
        if told:
            await house.store.take([kept])
        event = json.loads(kept.value or b"")
        name = house.told.records.events[situation]
        held: dict[str, Any] = {
            "id": copy_id(partner, "/mes", name), "at": house.now - timedelta(minutes=9), "partner": partner,
            "event": {"source": "/mes", "id": name}, "situation": situation, "kind": event["kind"],
            "message_type": event["message_type"], "status": event["status"], "severity": event["severity"],
            "restricted": more.pop("restricted", False), "digest": digest_of(kept.value or b""),
            "headlines": {lang: text["headline"] for lang, text in event["texts"].items()},
        }  # fmt: skip
        self.log.add(Held(**held))
        if weighed:
            self.weigh(held["id"], event, **more)
        return self.log.all[held["id"]]

    def weigh(self, copy: str, event: dict[str, Any], **more: Any) -> None:
        """Write what the agreement makes of it."""
        made = reduced(event)
        document = more.pop("document", DOCUMENT)
        shown = Shown(
            agreement=AGREEMENT,
            agreement_digest="a" * 64,
            event=json.dumps(made, ensure_ascii=False),
            documents=(ReleasedDocument(format="cap", content_type="application/cap+xml", text=document),),
            clauses={name: f"fields.{number}, article 4" for number, name in enumerate(made)},
            withheld=tuple(Withheld(field=name, why=why) for name, why in WITHHELD.items()),
            acknowledge_within_s=1200,
        )
        now = self._house.now
        known: dict[str, Any] = {
            "id": copy, "at": now, "shown": shown, "persons": 1, "bodies": ("mes", "moh"),
            "not_after": now + timedelta(hours=6), "why": "the agreement asks for a person",
        }  # fmt: skip
        self.log.add(Weighed(**(known | more)))


@asynccontextmanager
async def partner_house(
    folder: Path, body: str = "mes", *, all_bodies: bool = True, signers: bool = True
) -> AsyncIterator[tuple[House, SaidBus]]:
    """The crisis centre's desk, with a trust file of two persons, and an empty log."""
    trust = folder / "signers.toml"
    lines = [
        f'[[signer]]\nperson = "{person}"\nbody = "{body}"\nkey = "{key.public}"\n'
        for key, person, body in SIGNERS.values()
    ]
    trust.write_text("\n".join(lines), encoding="utf-8")
    trust.chmod(0o600)
    given = {"realm": Realm.REAL, "body": body, "rota_dir": "rota"}
    settings = Settings(**given, rulebook_signers=trust if signers else None)
    made: list[SaidBus] = []

    def line(whose: str) -> CopiesLine | None:
        return made[0].waiting(whose)

    async with desk_house(folder, body, all_bodies=all_bodies, settings=settings, copies_line=line) as house:
        bus = SaidBus(house)
        made.append(bus)
        house.app.state.partners = bus
        yield house, bus


async def decide(client: Client, copy: Copy, act: str = "release", who: str = "aigul", **more: Any) -> httpx.Response:
    """Press a button of a copy's page, as a browser sends the form."""
    page = (await client.get(copy_path(copy.id))).text
    form = fields(page, "/partners/decide") if 'action="/partners/decide"' in page else {"name": copy.id, "seen": ""}
    sent = form | {"act": act, "reason": "asked by telephone", "password": PASSWORD, "passphrase": PASSPHRASE} | more
    return await client.post("/partners/decide", data=sent, files={"key": ("key.pem", KEYS.get(who, b""))})
