"""What the mapper has said and heard: read back from the bus at the start, so that nothing is said twice. Pure.

Events of partners by id with their situation, which updates and cancellations find again; and the alerts that partners
were sent, to which their acknowledgements belong.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec

from cbrn_schemas.topics import parse_from_topic, parse_to_topic

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record

Known = TypeVar("Known")
REMEMBERED: Final = 100_000
"""Events and alerts each: some 300 B one, 60 MB at most. Partners' topics of a month hold a few thousand."""


OF_OURS: Final = frozenset(
    {"original", "where", "situation", "hazard", "further_hazards", "identified", "concerns", "origin"}
)
"""What an event says by our own file of partners, catalogue and memory, or of the document that has brought it."""
WORDED: Final = frozenset({"texts", "said", "unit", "contact", "web"})
"""What a feed in another language says otherwise."""


class Content(NamedTuple):
    """What an event says in its partner's words, in digests."""

    facts: bytes
    """Of what is the same in every language."""
    words: dict[str, bytes]
    """By language."""

    def agrees(self, other: Content) -> bool:
        """Tell whether both say the same, in so far as both say it in one language."""
        both = self.words.keys() & other.words.keys()
        return self.facts == other.facts and all(self.words[one] == other.words[one] for one in both)


def content_of(value: bytes) -> Content | None:
    """Return what an event says: it agrees for each document that says the same. None: it is no event.

    Feeds in two languages, envelopes and signatures bring other bytes of one alert.
    """
    try:
        event = msgspec.json.decode(value, type=dict[str, Any])
        texts, said = event.get("texts", {}), event.get("said", ())
        words = {one["language"].casefold(): [one, texts.get(one["language"][:2].casefold())] for one in said} or texts
        areas = [{**area, "description": None} for area in event.get("areas", ())]
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError):
        return None
    facts = {name: event[name] for name in event.keys() - OF_OURS - WORDED} | {"areas": areas}
    return Content(_digest(facts), {language: _digest(each) for language, each in words.items()})


def _digest(said: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).digest()


class Sent(NamedTuple):
    """An alert of ours that a partner was sent."""

    source: str
    id: str
    situation: str


class Before(NamedTuple):
    """An event that was said in a partner's name."""

    situation: str
    content: Content | None
    """What it says; None where that is not known."""


class Memory:
    """What is known of partners' events, and of what was sent to partners."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str], Before] = OrderedDict()
        self._sent: OrderedDict[tuple[str, str], Sent] = OrderedDict()

    def situation(self, partner: str, event_id: str) -> str | None:
        """Return the situation of an event of a partner; None where it was never heard of."""
        before = self.before(partner, event_id)
        return None if before is None else before.situation

    def before(self, partner: str, event_id: str) -> Before | None:
        """Return what was said of a partner under this id; None: nothing."""
        return self._said.get((partner, event_id))

    def said(self, partner: str, event_id: str, situation: str, content: Content | None = None) -> None:
        """Remember an event that was said in a partner's name."""
        _keep(self._said, (partner, event_id), Before(situation, content))

    def sent_to(self, partner: str, event_id: str) -> Sent | None:
        """Return the alert that a partner was sent, by the event's id."""
        return self._sent.get((partner, event_id))

    def take(self, record: Record) -> None:
        """Take in a record of a partner's incidents, or of the alerts that it was sent."""
        named = {name.lower(): (content or b"").decode("utf-8", "replace") for name, content in record.headers}
        identifier, situation = named.get("ce_id"), (record.key or b"").decode("utf-8", "replace")
        if not identifier or not situation:
            return
        ingress, egress, source = parse_from_topic(record.topic), parse_to_topic(record.topic), named.get("ce_source")
        if ingress is not None:
            self.said(ingress.body, identifier, situation, content_of(record.value or b""))
        elif egress is not None and source is not None:
            _keep(self._sent, (egress.body, identifier), Sent(source, identifier, situation))


def _keep(table: OrderedDict[tuple[str, str], Known], key: tuple[str, str], value: Known) -> None:
    table[key] = value
    if len(table) > REMEMBERED:
        table.popitem(last=False)
