"""Every stream of the bus, once: its name, whose it is, who may write and read it, how long and how it is kept.

A stream is a pattern of topics. The names of topics, the plan of a cluster and the channels of the AsyncAPI document
follow from this table, and access rules can. A new stream is a row here, and its messages are in the template of the
AsyncAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from cbrn_schemas.catalogue.bodies import partners, publishers, receivers
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

DAY_MS: Final = 24 * 3600 * 1000
SEGMENT_DAYS: Final = 7
"""Kafka's own `segment.ms`."""
FOR_GOOD: Final = "-1"
HOUR_MS: Final = 3600 * 1000
MIB: Final = 1024 * 1024
RECORD_BYTES: Final = MIB
"""An event is 64 KiB at most; what is larger still arrives, so that it can be quarantined and its publisher told."""
QUARANTINE_BYTES: Final = 2 * MIB
"""A whole refused record, with its headers and what is said about it."""
STATUS_BYTES: Final = 64 * 1024
"""Eight refusals with their reasons: some 5 kB; in Cyrillic twice that."""
SILENCE_BYTES: Final = 64 * 1024
"""A few hundred bytes as a rule; who writes more means something else."""


class Party(StrEnum):
    """Who writes or reads. On a body's own topics an agency or a ministry is that body's."""

    AGENCY = "agency"
    """The process of a body that publishes."""
    MINISTRY = "ministry"
    """The process of a body that is told, and its persons at their desks: they hide, and they decide."""
    DESK = "desk"
    """The pages of those persons: what they need beside."""
    FEED = "feed"
    """A program of a body that takes over what it is told, and answers nothing."""
    NOTIFIER = "notifier"
    """What tells a body's officers, and writes down what came of it."""
    MIRROR = "mirror"
    """What copies between the bus and the cluster of a partner abroad."""
    CENTRE = "centre"
    """The desk that shows all bodies' situations: at each, what a ministry may, and how the bus is."""
    ROUTER = "router"
    CLERK = "clerk"
    """The process that keeps the duties."""
    KEEPER = "keeper"
    """The process that keeps the quarantine."""
    WATCH = "watch"
    """The process that misses answers."""
    RELEASER = "releaser"
    """The process that keeps copies for partners, and hands over what is released."""
    INBOUND = "inbound"
    """The process that takes in what partners send."""
    FEEDS = "feeds"
    """The process that serves released documents to partners and the public."""
    OFFICER = "officer"
    """A person with rights on the bus itself: puts rule books into force, looks into why. Decides as any other does."""
    ADMIN = "admin"
    """A person who gives and takes rights. The broker asks it for none."""


Whose = Literal["publisher", "receiver", "home", "partner"]
"""The bodies that have such a topic each: `home` are those who are told in the country, `partner` those abroad."""


def owners(on: date) -> dict[Whose, tuple[str, ...]]:
    """Return whose topics there are: of bodies that exist on that day or begin after it."""
    told, abroad = receivers(on, ahead=True), partners(on, ahead=True)
    return {
        "publisher": tuple(publishers(on, ahead=True)),
        "receiver": tuple(told),
        "home": tuple(body for body in told if body not in abroad),
        "partner": tuple(abroad),
    }


@dataclass(frozen=True, slots=True)
class Stream:
    """A pattern of topics that are alike. `config` holds Kafka's own names and values as text."""

    address: str
    """The topics' name without the realm; `{body}` and `{lane}` stand for each of them."""
    channel: str
    """Name in the AsyncAPI document."""
    about: str
    writers: frozenset[Party]
    readers: frozenset[Party]
    config: Mapping[str, str]
    whose: Whose | None = None
    alone: bool = False
    """One partition, whatever the shards: a few records, read as a whole, and no key that other topics share."""

    def topics(self, realm: Realm, bodies: Mapping[Whose, Collection[str]]) -> Iterator[str]:
        """Yield the names of a realm's topics."""
        for body in ("",) if self.whose is None else bodies[self.whose]:
            for lane in Lane if "{lane}" in self.address else ("",):
                yield f"{realm}.{self.address.format(body=body, lane=lane)}"


def _kept(days: int | None, more: Mapping[str, str] | None = None, *, bytes_max: int = RECORD_BYTES) -> dict[str, str]:
    config = {
        "cleanup.policy": "delete",
        "retention.ms": FOR_GOOD if days is None else str(days * DAY_MS),
        "max.message.bytes": str(bytes_max),
        **_BROKER_TIME,
    }
    if days is not None and days <= SEGMENT_DAYS:  # a record stays as long as the segment that holds it
        config["segment.ms"] = str(DAY_MS)
    return config | dict(more or {})


# The broker's own clock stamps whatever is written, by agencies and by the bus: retention goes by it, and so do
# signatures and deadlines. By its writer's clock an alert from a machine that is behind would be deleted unread, and
# one from a machine that is more than an hour ahead refused (`message.timestamp.after.max.ms`).
_BROKER_TIME: Final = {"message.timestamp.type": "LogAppendTime"}
# The broker unpacks what a publisher has packed: so a record's limit is that of its content, and every reader can read.
_PLAIN: Final = {"compression.type": "uncompressed"}
_COMPACTED: Final = {
    # Only the latest value of a key counts. Small segments and eager cleaning: a router reads all of it when it takes a
    # shard over, and an open segment is never cleaned.
    "cleanup.policy": "compact",
    "max.message.bytes": str(RECORD_BYTES),
    "segment.bytes": str(16 * MIB),
    "segment.ms": str(HOUR_MS),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": str(HOUR_MS),
    **_BROKER_TIME,
}


def _by(*parties: Party) -> frozenset[Party]:
    return frozenset(parties)


STREAMS: Final = (
    Stream(
        "from.{body}.incidents",
        "incidentsFromBody",
        "What has happened, as a body publishes it.",
        _by(Party.AGENCY, Party.KEEPER, Party.DESK, Party.INBOUND),
        _by(Party.ROUTER, Party.WATCH, Party.OFFICER, Party.DESK, Party.INBOUND),
        _kept(30, _PLAIN),
        "publisher",
    ),
    Stream(
        "from.{body}.monitoring",
        "readingsFromBody",
        "What was measured or counted, as a body publishes it.",
        _by(Party.AGENCY, Party.KEEPER, Party.DESK),
        _by(Party.ROUTER, Party.WATCH, Party.OFFICER),
        _kept(7, _PLAIN),
        "publisher",
    ),
    # As long as what became of it: a quarrel about what a neighbour has said is settled by its own bytes.
    Stream(
        "from.{body}.originals",
        "originalsFromPartner",
        "What a partner sent, byte for byte: CAP, EDXL-DE or IRIX. Checked, it becomes an event of that partner.",
        _by(Party.AGENCY, Party.INBOUND, Party.MIRROR),
        _by(Party.INBOUND, Party.OFFICER, Party.DESK, Party.CENTRE),
        _kept(365, _PLAIN),
        "partner",
        alone=True,
    ),
    # As long as the alerts that they answer: whoever still sees an alert sees what was answered.
    Stream(
        "from.{body}.receipts",
        "receiptsFromBody",
        "What a body answers to an alert: seen, acknowledged, accepted, en route, declined, a note, handed over, "
        "closed. The body itself reads it back.",
        _by(Party.MINISTRY, Party.NOTIFIER, Party.INBOUND),
        _by(Party.MINISTRY, Party.WATCH, Party.OFFICER, Party.RELEASER),
        _kept(90, _PLAIN),
        "receiver",
    ),
    # Whoever is told may quieten its own inbox, also one that publishes nothing else. As long as the decisions that say
    # who was told. Kept as history, since compaction would leave the end of a silence and remove the silence. The
    # broker's clock says from when each one counts.
    Stream(
        "from.{body}.silences",
        "silencesOfBody",
        "What a body's duty officers need not be shown for a while, by whom, why and until when. It hides from their "
        "inbox only, never from a topic. The body itself reads it back.",
        _by(Party.MINISTRY),
        _by(Party.MINISTRY),
        _kept(365, _PLAIN, bytes_max=SILENCE_BYTES),
        "receiver",
        alone=True,
    ),
    # As long as the alerts of which it tells.
    Stream(
        "from.{body}.notices",
        "noticesOfBody",
        "What was sent to a body's officers over which channel, and what came of every attempt and reply; without a "
        "number or an address. The body itself reads it back.",
        _by(Party.MINISTRY, Party.NOTIFIER),
        _by(Party.MINISTRY, Party.NOTIFIER),
        _kept(90, _PLAIN),
        "receiver",
        alone=True,
    ),
    # Never longer than the quarantine and the log of duties, where it is answered: whatever still stands here can be
    # seen to have been answered, so that nothing is applied twice.
    Stream(
        "from.{body}.decisions",
        "decisionsOfBody",
        "What a body's persons decide: a duty released or answered, a quarantined record released, a copy for a "
        "partner released or refused. It changes nothing by itself: the bus's processes check it, apply it once, and "
        "answer with its id.",
        _by(Party.MINISTRY),
        _by(Party.CLERK, Party.KEEPER, Party.RELEASER),
        _kept(180, _PLAIN),
        "receiver",
        alone=True,
    ),
    # One partition: a shift is the whole body's, and whoever reads one situation's partition of answers would miss it.
    # As long as silences. Kept as history: a test that failed is worth as much as the next.
    Stream(
        "from.{body}.shifts",
        "shiftsOfBody",
        "Who has taken a body's watch, to whom it was handed over, and which channel reached an officer. By posts and "
        "names of channels, never by numbers or addresses. The body itself reads it back.",
        _by(Party.MINISTRY, Party.NOTIFIER),
        _by(Party.MINISTRY, Party.NOTIFIER, Party.WATCH),
        _kept(365, _PLAIN),
        "receiver",
        alone=True,
    ),
    Stream(
        "to.{body}.alerts",
        "alertsToBody",
        "Incidents that a body is told of; alarms about what nobody could read, what nobody has answered, what is "
        "silent, and about overdue duties.",
        _by(Party.ROUTER, Party.CLERK, Party.WATCH, Party.RELEASER),
        _by(Party.MINISTRY, Party.FEED, Party.NOTIFIER, Party.WATCH, Party.OFFICER, Party.INBOUND, Party.MIRROR),
        _kept(90),
        "receiver",
    ),
    Stream(
        "to.{body}.monitoring",
        "readingsToBody",
        "Readings that a body is told of.",
        _by(Party.ROUTER),
        _by(Party.MINISTRY, Party.FEED, Party.MIRROR),
        _kept(7),
        "receiver",
    ),
    # Compacted: each record says all of a situation, so the latest of a key is all that is needed, and whoever begins
    # anew reads one a situation instead of one a change. What was said when lies in answers and conclusions. As long as
    # the alerts of which it speaks: a situation that is long over falls out.
    Stream(
        "to.{body}.standing",
        "standingToBody",
        "Where everybody stands who was told of a situation of which this body was told. An empty value takes it back.",
        _by(Party.WATCH),
        _by(Party.MINISTRY),
        _COMPACTED
        | {
            "cleanup.policy": "compact,delete",
            "retention.ms": str(90 * DAY_MS),
            "segment.ms": str(DAY_MS),
            "max.compaction.lag.ms": str(DAY_MS),
        },
        "home",
    ),
    # Only to those who decide: what is held for partners is whole on `bus.outbound`, and not every ministry's to read.
    Stream(
        "to.{body}.copies",
        "copiesToBody",
        "Copies for partners that wait for a word of this body's persons, exactly as the partner will see them, and "
        "what became of each.",
        _by(Party.RELEASER),
        _by(Party.MINISTRY),
        _kept(90, bytes_max=QUARANTINE_BYTES),
        "home",
        alone=True,
    ),
    # As long as the alerts that they say in a partner's form.
    Stream(
        "to.{body}.documents",
        "documentsToPartner",
        "What was released to a partner, as its programs read it: signed CAP; EDXL-DE or IRIX where that is agreed.",
        _by(Party.RELEASER),
        _by(Party.FEED, Party.FEEDS, Party.OFFICER, Party.DESK, Party.CENTRE, Party.RELEASER, Party.MIRROR),
        _kept(90),
        "partner",
        alone=True,
    ),
    # A year, until an archive takes it over.
    Stream(
        "bus.decisions",
        "decisions",
        "One record an event: who was told and why.",
        _by(Party.ROUTER),
        _by(Party.OFFICER, Party.CENTRE),
        _kept(365),
    ),
    Stream(
        "bus.quarantine",
        "quarantine",
        "What could not be understood or trusted.",
        _by(Party.ROUTER, Party.KEEPER, Party.INBOUND),
        _by(Party.KEEPER, Party.OFFICER, Party.CENTRE),
        _kept(365, bytes_max=QUARANTINE_BYTES),
    ),
    # Apart from what partners write themselves: who has let a document through is believed by its topic alone.
    Stream(
        "bus.overruled",
        "overruled",
        "Documents of partners that were set aside and that a person has let through, with that person's name.",
        _by(Party.KEEPER),
        _by(Party.INBOUND),
        _kept(365, bytes_max=QUARANTINE_BYTES),
        alone=True,
    ),
    Stream(
        "bus.outbound",
        "outbound",
        "Copies for partners abroad, held for release.",
        _by(Party.ROUTER),
        _by(Party.RELEASER, Party.OFFICER, Party.CENTRE),
        _kept(90),
    ),
    # What left the country, by whose word and under which agreement, is asked for years later.
    Stream(
        "bus.releases",
        "releases",
        "What became of each copy for a partner: held, released, refused or run out; by whom, under which agreement, "
        "and which of its clauses let each field through.",
        _by(Party.RELEASER),
        _by(Party.RELEASER, Party.OFFICER, Party.CENTRE),
        _kept(5 * 365),
        alone=True,
    ),
    # As long as what it speaks of.
    Stream(
        "bus.standing",
        "standing",
        "What the watch concluded: which answer was missing, to whom it was passed on, and how that ended.",
        _by(Party.WATCH),
        _by(Party.OFFICER),
        _kept(90),
    ),
    # Some duties are due in the next yearly, or four-yearly, report.
    Stream(
        "bus.duties",
        "duties",
        "What frameworks ask of the country, and how far it has come: a log, whose records together are the state.",
        _by(Party.ROUTER, Party.CLERK),
        _by(Party.CLERK, Party.OFFICER, Party.CENTRE),
        _kept(5 * 365),
    ),
    # For good: a decision names its book by digest. Not compacted, since whoever may write could then remove a book by
    # writing its key again; and the broker's clock says when each was put there.
    Stream(
        "bus.rulebook",
        "rulebook",
        "Rule books that two persons have put into force, in partition 0, for good. Of those that are signed as they "
        "must be and pass their check, the one with the highest number is in force.",
        _by(Party.OFFICER),
        _by(Party.ROUTER, Party.DESK, Party.OFFICER),
        _kept(None),
    ),
    # For good: a signature of years ago can still be looked up. Not compacted, since whoever may write could then take
    # a revocation away by writing its key again; and the broker's clock says from when each counts.
    Stream(
        "bus.keys",
        "keys",
        "Keys with which bodies sign their events, registered by two persons or revoked by one, for good. Whoever "
        "verifies a signature verifies these by a trust file of its own.",
        _by(Party.OFFICER),
        _by(Party.ROUTER, Party.OFFICER),
        _kept(None),
        alone=True,
    ),
    Stream(
        "bus.rulebook-status",
        "rulebookStatus",
        "Which rule book each router decides by, and which it refused and why; repeated every 20 seconds, by the "
        "router's name. For people: no router obeys it. Who has left is taken away, or falls out after a day.",
        _by(Party.ROUTER),
        _by(Party.DESK, Party.OFFICER),
        _COMPACTED
        | {"cleanup.policy": "compact,delete", "retention.ms": str(DAY_MS), "max.message.bytes": str(STATUS_BYTES)},
        alone=True,
    ),
    # For good: what somebody may do today follows from all that was ever issued and taken back.
    Stream(
        "bus.access",
        "access",
        "Who may do what: every credential issued, renewed and revoked, and every change of rights, by whom and why. "
        "Never a secret.",
        _by(Party.ADMIN),
        _by(Party.OFFICER),
        _kept(None),
        alone=True,
    ),
    Stream(
        "bus.state-{lane}",
        "routerState",
        "What the routers of a lane remember.",
        _by(Party.ROUTER),
        _by(Party.ROUTER),
        _COMPACTED,
    ),
    # As large as any that came in, and where it came from.
    Stream(
        "bus.misplaced-{lane}",
        "misplaced",
        "Records that lay in another partition than that of their situation, on their way to the router that remembers "
        "it. For the routers alone.",
        _by(Party.ROUTER),
        _by(Party.ROUTER),
        _kept(7, bytes_max=QUARANTINE_BYTES),
    ),
    Stream(
        "bus.state-watch",
        "watchState",
        "What the watch remembers: answers that are waited for.",
        _by(Party.WATCH),
        _by(Party.WATCH, Party.CENTRE),
        _COMPACTED,
    ),
    Stream(
        "bus.misplaced-watch",
        "misplacedAnswers",
        "Receipts that lay in another partition than that of their situation, on their way to the watch that waits for "
        "them. For the watch alone.",
        _by(Party.WATCH),
        _by(Party.WATCH),
        _kept(7, bytes_max=QUARANTINE_BYTES),
    ),
)
"""In the order of the AsyncAPI document."""
