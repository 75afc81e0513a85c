"""The record on `<realm>.bus.decisions`: who was told of an event, in which role and by which rules.

The router writes it as text, piece by piece, for speed; a contract test holds what it writes against this model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.types import Strict

from cbrn_schemas.events.base import Code
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time

Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""A word of an open list: readers must expect ones that they do not know."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Words = Annotated[tuple[Word, ...], Strict(strict=False)]


class ToldBody(Model):
    """A body that is told, and why."""

    body: Code
    role: Literal["lead", "support", "inform"]
    rules: Words
    """Ids of the rules that named it, in the book's order."""


Told = Annotated[tuple[ToldBody, ...], Strict(strict=False)]


class DecidedBy(Model):
    """What the event and its place looked like to the rule book. Absent: not known, or none."""

    lane: Word
    hazard: Word
    kind: Word
    severity: Word
    urgency: Word
    certainty: Word
    deliberate: bool | None = None
    status: Word
    region: Word | None = None
    """ISO 3166-2."""
    country: Word | None = None
    """ISO 3166-1 alpha-2."""
    neighbours: Words = ()
    """Countries within 15 km."""
    downstream: Words = ()
    """Countries that the river reaches."""
    border: bool
    """At a border crossing."""
    exposed: Words = ()
    traits: Words = ()
    """What the event's data imply: `zoonosis`, `cwc-scheduled`, `river`; an open list."""


class DecisionRecord(Model):
    """One decision of the router. Keyed as the event is."""

    id: str
    """CloudEvents id of the event."""
    source: str
    """CloudEvents source of the event."""
    kind: Word
    key: str
    """Situation of an incident, station of a reading."""
    topic: str
    """Where the event was read: topic, partition and offset name it for ever."""
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    decided: Time
    earlier: Annotated[tuple[Code, ...], Strict(strict=False)]
    """Bodies told only because they had been told of the situation before."""
    earlier_partners: Annotated[tuple[Code, ...], Strict(strict=False)] = ()
    """Neighbours and organisations for whom a copy waits only because one had been held for them before."""
    signed_by: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")] | None = None
    """Id of the key whose signature over the event the router has verified; absent: it counts as not signed."""
    place: str
    """Code of the district, else of the region, else of the country; empty where unknown."""
    recipients: Told
    """Lead, support, inform, each by body code."""
    partners: Told
    """Neighbours and organisations, for whom a copy waits until a named person releases it."""
    acknowledge_within_s: Annotated[int, Field(gt=0)] | None
    """Shortest deadline of the rules that matched, in seconds; null where no answer is asked for."""
    duties: Words = ()
    """Rules of the book whose duties to others arise, by id; the duties themselves are on `<realm>.bus.duties`."""
    as_of: Day | None = None
    """For an event of other days: a day of the era by whose bodies it was decided."""
    delivered: Annotated[tuple[Code, ...], Strict(strict=False)] = ()
    """With `as_of`: the bodies of today that were told in their place; else those of `recipients`."""
    doubts: Words
    """What is doubtful about the event; an open list."""
    facets: DecidedBy
    further: Annotated[tuple[DecidedBy, ...], Strict(strict=False)] = ()
    """The same for each other place or hazard of the event; `recipients` are those of all of them."""
    rulebook: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 digest of the rule book that decided."""
