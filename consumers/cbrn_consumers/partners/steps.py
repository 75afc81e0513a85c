"""What is done next with copies as they stand: one step at a time, each written together or not at all. Pure.

The keeper writes a step and takes its records in, then asks for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cbrn_consumers.partners.copies import State
from cbrn_consumers.partners.telling import alarms, deciding, endings
from cbrn_schemas.because import Because, said
from cbrn_schemas.partner_release import COPIES, Answered, Expired, Withdrawn
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copies, Copy, End
    from cbrn_consumers.partners.releasing import Output
    from cbrn_schemas.partner_release import AnyRecord, Weighed
    from cbrn_schemas.topics import Realm

NO_AGREEMENT_AGAIN: Final = timedelta(days=1)
"""How often it is told that copies for a partner wait without an agreement: every one of them stands in the list."""


@dataclass(slots=True)
class Step:
    """Records of the log about one copy, and what is written with them."""

    copy: str
    """Its id."""
    entries: list[AnyRecord]
    outputs: list[Output] = field(default_factory=list)
    shown_to: tuple[str, ...] = ()
    """Bodies that read the entries on their own topic, too."""
    before: list[tuple[str, list[AnyRecord]]] = field(default_factory=list)
    """What a body must read first, since it has not decided of this copy before."""


def weighed_step(copy: Copy, weighed: Weighed, copies: Copies, realm: Realm, now: datetime) -> Step | None:
    """Return what is written when the agreement in force makes something else of a copy than before; else None."""
    former = copy.weighed
    if former is not None and weighed.model_copy(update={"at": former.at, "told": former.told}) == former:
        return None
    outputs: list[Output] = []
    if _to_be_told(copy, weighed, copies, now):
        told = deciding(weighed.bodies, now)
        outputs = alarms(copy, weighed, told, realm, now)
        weighed = weighed.model_copy(update={"told": told})
    step = Step(copy.id, [weighed], outputs, shown_to=weighed.bodies)
    had = () if former is None else former.bodies
    held: list[AnyRecord] = [copy.held]
    step.before = [(body, held) for body in weighed.bodies if body not in had]
    gone = [body for body in had if body not in weighed.bodies]
    if gone:
        why = (Because(code="not-yours"),)
        without = {"shown": None, "bodies": (), "told": (), "why": said(why, "en"), "because": why}
        void = weighed.model_copy(update=without)
        step.before += [(body, [void]) for body in gone]
    return step


def _to_be_told(copy: Copy, weighed: Weighed, copies: Copies, now: datetime) -> bool:
    """Tell whether whoever decides hears of it: when it begins to wait for persons, or to be unable to leave."""
    former = copy.weighed
    if weighed.shown is not None:
        return weighed.persons > 0 and (former is None or former.shown is None or former.persons == 0)
    if former is not None and former.shown is None:
        return False
    if weighed.agreement_in_force:
        return True
    since = now - NO_AGREEMENT_AGAIN
    return not any(
        each.held.partner == copy.held.partner
        and each.weighed is not None
        and not each.weighed.agreement_in_force
        and each.weighed.told
        and each.weighed.at > since
        for each in copies.all.values()
    )


def ended_step(copy: Copy, entry: End, realm: Realm, now: datetime) -> Step:
    """Return what is written when a copy's way ends: whoever could decide of it, or was told of it, reads how."""
    shown_to = () if copy.weighed is None else copy.weighed.bodies
    return Step(copy.id, [entry], endings(copy, entry, realm, now), shown_to=shown_to)


def expired_step(copy: Copy, realm: Realm, now: datetime) -> Step:
    """Return what is written when a copy's time limit has passed: whoever could have released it hears of it."""
    weighed = copy.weighed
    told = deciding(() if weighed is None else weighed.bodies, now)
    entry = Expired(id=copy.id, at=now, due=copy.due or now, told=told)
    return ended_step(copy, entry, realm, now)


def withdrawn(copies: Copies, copy: Copy, now: datetime) -> Withdrawn | None:
    """Return that a copy is over before it left, where it is.

    A partner that never got an alert needs no cancellation of it, and no alert that is cancelled already. Where a later
    word has left, an earlier one would tell what no longer holds.
    """
    beside = copies.beside(copy)
    later = beside[beside.index(copy) + 1 :]
    overtaking = next((each for each in later if each.state is State.RELEASED), None)
    if overtaking is not None:
        return Withdrawn(id=copy.id, at=now, because="overtaken", by=overtaking.id)
    cancelling = next((each for each in later if each.held.message_type == "Cancel"), None)
    if cancelling is not None:
        return Withdrawn(id=copy.id, at=now, because="cancelled", by=cancelling.id)
    if copy.held.message_type == "Cancel" and not copies.released_before(copy):
        return Withdrawn(id=copy.id, at=now, because="cancelled", by=copy.id)
    return None


def recipients(step: Step, home: Iterable[str], realm: Realm) -> list[tuple[str, AnyRecord]]:
    """List the topics of bodies at home on which a step's records stand, too, in the order of writing."""
    known = set(home)
    found = [(body, entry) for body, entries in step.before for entry in entries if body in known]
    found += [(body, entry) for entry in step.entries for body in step.shown_to if body in known]
    asked = [entry.decision.partition(".")[0] for entry in step.entries if isinstance(entry, Answered)]
    answers = [entry for entry in step.entries if isinstance(entry, Answered)]
    found += [(body, entry) for body, entry in zip(asked, answers, strict=True) if body in known - set(step.shown_to)]
    return [(to_topic(realm, body, COPIES), entry) for body, entry in found]
