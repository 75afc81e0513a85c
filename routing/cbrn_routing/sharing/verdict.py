"""The verdict on an event and an agreement: what the partner would see, who must release it, from when until when.

A pure function of agreement, event and moment: the page that a person sees before the release, the release itself and
its record all come from here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cbrn_routing.facets import cells_of
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.rulebook.language import seconds
from cbrn_routing.sharing.places import gazetteer
from cbrn_routing.sharing.reduction import Reduced, reduce
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_routing.decision import Facets
    from cbrn_routing.sharing.agreement import Agreement
    from cbrn_routing.sharing.reduction import Passed, Withheld
    from cbrn_schemas.events import AnyEvent

_RED: Final = "RED"
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Sharing:
    """What an agreement makes of an event."""

    agreement: str
    """Partner and version, `kz/1`."""
    agreement_digest: str
    partner: str
    version: int
    data: bytes | None
    """The event as the partner would see it, JSON that validates as its kind; None where it cannot leave."""
    passed: tuple[Passed, ...]
    withheld: tuple[Withheld, ...]
    persons: int
    """How many must release it: 0 where it is pre-authorised; without meaning where it cannot leave."""
    bodies: tuple[str, ...]
    """Bodies whose persons may."""
    cells: tuple[str, ...]
    """The pre-authorised cells that let it go without a person."""
    public: bool
    """Whether anybody may read what the partner sees."""
    not_before: datetime
    not_after: datetime
    """A copy that nobody has released by then is over."""
    acknowledge_within_s: int | None
    why: tuple[str, ...]
    """Why it cannot leave, or why so many persons: codes, the same in every language."""

    @property
    def releasable(self) -> bool:
        """Whether it can leave under this agreement at all."""
        return self.data is not None

    @property
    def digest(self) -> str | None:
        """The SHA-256 of what the partner sees: what a person released is this, and nothing else."""
        return None if self.data is None else hashlib.sha256(self.data).hexdigest()

    @property
    def event(self) -> AnyEvent | None:
        """The event that the partner sees."""
        return None if self.data is None else parse_event(self.data)


def share(
    agreement: Agreement,
    event: AnyEvent,
    *,
    restricted: bool,
    now: datetime,
    held: datetime | None = None,
    called: tuple[str, str] = ("", ""),
    salt: bytes = b"",
) -> Sharing:
    """Say what leaves of an event under an agreement, and on whose word.

    `restricted`: a restricted rule sent it. `now` (aware) is the moment asked about, `held` that at which the copy was
    held (`now`, if not given): from it runs the time limit. `called` are source and id of the event. `salt` is a secret
    of this installation, kept for ever, by which names that the agreement does not let through are replaced.
    """
    cells = tuple(cells_of(event, gazetteer().locate_all(event.where)))
    refused = _refusals(agreement, event, now)
    reduced = Reduced(None, (), ()) if refused else reduce(agreement, event, called=called, salt=salt)
    if reduced.why_not is not None:
        refused = (reduced.why_not,)
    names = _pre_authorising(agreement, cells)
    closed = restricted or event.tlp == _RED
    persons, why = _persons(agreement, pre_authorised=bool(names), closed=closed)
    return Sharing(
        agreement=agreement.id,
        agreement_digest=agreement.digest,
        partner=agreement.partner,
        version=agreement.version,
        data=None if refused else reduced.data,
        passed=() if refused else reduced.passed,
        withheld=reduced.withheld,
        persons=persons,
        bodies=agreement.release.bodies,
        cells=() if refused or persons else names,
        public=not refused and not closed and event.tlp == "CLEAR" and all(map(agreement.is_public, cells)),
        not_before=event.reported + timedelta(seconds=agreement.delay_s),
        not_after=(held or now) + timedelta(seconds=seconds(agreement.release.within)),
        acknowledge_within_s=agreement.acknowledge_within_s,
        why=refused or why,
    )


def _refusals(agreement: Agreement, event: AnyEvent, now: datetime) -> tuple[str, ...]:
    found = {
        "not-in-force": not agreement.in_force(local_day(now)),
        "hazard-not-named": event.hazard not in agreement.hazards,
        "kind-not-named": event.kind not in agreement.kinds,
        "above-tlp": not agreement.admits(event.tlp),
    }
    return tuple(code for code, holds in found.items() if holds)


def _pre_authorising(agreement: Agreement, cells: Sequence[Facets]) -> tuple[str, ...]:
    """Name the cells that pre-authorise the event in each of its places and with each of its hazards; else none."""
    names = [agreement.pre_authorising(cell) for cell in cells]
    return tuple(dict.fromkeys(name for name in names if name is not None)) if None not in names else ()


def _persons(agreement: Agreement, *, pre_authorised: bool, closed: bool) -> tuple[int, tuple[str, ...]]:
    if closed:
        return max(agreement.release.persons, _TWO), ("closed-two-persons",)
    if pre_authorised:
        return 0, ("pre-authorised",)
    persons = agreement.release.persons
    return persons, ("two-persons" if persons == _TWO else "one-person",)
