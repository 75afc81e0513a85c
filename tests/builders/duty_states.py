"""States of a duty, folded of records that persons signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.builders.duties import NOW, raised

from cbrn_consumers.deciding import Person
from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.duties.persons import signed
from cbrn_routing.activation import PrivateKey, Trust
from cbrn_routing.duties import DutyState, Verifier
from cbrn_routing.duties.fold import fold
from cbrn_routing.signing.releases import sign
from cbrn_routing.signing.trust import Signer
from cbrn_schemas.duty import Answered, Raised
from cbrn_schemas.topics import Realm

DAM = "tailings-failure"
RULE = "enc-tailings"


def first(**changes: Any) -> Raised:
    return raised(DAM, RULE, **changes)


def update(number: int, **changes: Any) -> Raised:
    """A later report of the same situation."""
    later = NOW + timedelta(minutes=10 * number)
    times = {"message_type": "Update", "reported": later.isoformat().replace("+00:00", "Z")}
    return raised(DAM, RULE, at=later, identity=(f"e-{number + 1}", "/mes"), **times, **changes)


KEYS = {name: PrivateKey.generate() for name in ("A. Asanova", "B. Bekov", "C. Choro", "Айгуль Асанова", "Бакыт Беков")}
TRUST = Trust(tuple(Signer(name, "mes", key.public) for name, key in KEYS.items()))
VERIFIER = Verifier(Realm.REAL, TRUST)


def state_of(*records: Any, verifier: Verifier = VERIFIER) -> DutyState:
    """Their fold; each came to the broker when it says."""
    (state,) = fold([(record, record.at) for record in records], verifier).values()
    return state


def put(state: DutyState, record: Any, taken: datetime | None = None) -> None:
    state.add(record, taken or record.at)


def by(name: str, record: Any, key: PrivateKey | None = None, realm: Realm = Realm.REAL) -> Any:
    """The record, signed by that person."""
    return signed(record, realm, Person(name, "mes", partial(sign, key or KEYS[name])))


def release(state: DutyState, name: str, now: datetime) -> None:
    """What the command does: planned, signed, taken by the broker at once."""
    put(state, by(name, plan_release(state, by=f"{name} (mes)", now=now)))


def answer(state: DutyState, name: str, note: str, at: datetime = NOW) -> None:
    put(state, by(name, Answered(id=state.id, at=at, by=f"{name} (mes)", note=note)))
