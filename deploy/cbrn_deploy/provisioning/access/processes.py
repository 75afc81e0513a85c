"""What each process is on the bus: as which parties of the table of streams it reads and writes, and what else it uses.

This is the one place that says it. Which topics follow from that, says `rights`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cbrn_routing.decision import CRISIS_CENTRE
from cbrn_schemas.streams import Party
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Process:
    """What one process may be. Names of groups and transactional ids are without the realm; a dot at the end: a prefix.

    `{body}` stands for the user's own body. With `{realm}` in it a name is whole as it stands.
    """

    about: str
    parties: frozenset[Party]
    lane: Lane | None = None
    """Only this lane's streams; None: both."""
    groups: tuple[str, ...] = ()
    """Consumer groups as which it reads."""
    sees_groups: tuple[str, ...] = ()
    """Groups of which it reads how far they have come."""
    transactional_ids: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    """Topics of its own that are no streams of the bus; it reads and writes them."""
    abroad: bool = False
    """Of bodies' topics, only those of partners abroad."""
    hears_partners: bool = False
    """It reads what partners abroad say, and of nobody else."""
    alarms: tuple[str, ...] = ()
    """Bodies whose alerts it may write, beside what follows from its parties."""
    provisions: bool = False
    """It creates topics and changes their settings, and reads and writes none of their records."""


def _parties(*parties: Party) -> frozenset[Party]:
    return frozenset(parties)


ALL_OF_A_BODY: Final = Process(
    "All that the body's own programs and persons do.",
    _parties(Party.AGENCY, Party.MINISTRY, Party.DESK, Party.FEED, Party.NOTIFIER),
    groups=("to.{body}.",),
)
OF_A_BODY: Final[Mapping[str, Process]] = MappingProxyType(
    {
        "gateway": Process("Publishes what programs without a Kafka client hand in.", _parties(Party.AGENCY)),
        # A prefix: each of its feeds has a group of its own, `<realm>.to.<body>.<name>`.
        "feed": Process(
            "Takes over what the body is told; answers nothing.", _parties(Party.FEED), groups=("to.{body}.",)
        ),
        "desk": Process("The duty officers' pages.", _parties(Party.MINISTRY, Party.DESK), sees_groups=("to.{body}.",)),
        "notify": Process(
            "Tells the body's officers by e-mail and SMS, and takes their replies.",
            _parties(Party.NOTIFIER),
            groups=("to.{body}.notify",),
        ),
        # Topic by topic: a prefix would carry what is said of the country's own bodies, and let a stolen secret make
        # topics of any name. How MirrorMaker calls what is its own: `cbrn_deploy.mirrormaker`.
        "mirror": Process(
            "MirrorMaker: copies what the partner is told to its cluster, and what it sends from there.",
            _parties(Party.MIRROR),
            groups=("mirror.{body}.workers",),
            transactional_ids=("mirror.{body}.", "connect-cluster-{realm}.mirror.{body}.workers"),
            keeps=("mirror.{body}.configs", "mirror.{body}.offsets", "mirror.{body}.status"),
            abroad=True,
        ),
    }
)


def _router(lane: Lane) -> Process:
    name = f"bus.router.{lane}"
    return Process(
        f"Routes {lane}.", _parties(Party.ROUTER), lane=lane, groups=(name,), transactional_ids=(f"{name}.",)
    )


OF_THE_BUS: Final[Mapping[str, Process]] = MappingProxyType(
    {
        "router-incidents": _router(Lane.INCIDENTS),
        "router-monitoring": _router(Lane.MONITORING),
        "duties": Process("Keeps the duties to others.", _parties(Party.CLERK), transactional_ids=("bus.duties.",)),
        "quarantine": Process(
            "Puts quarantined records back as persons decide.",
            _parties(Party.KEEPER),
            transactional_ids=("bus.quarantine.",),
        ),
        "watch": Process(
            "Waits for answers, and misses who has fallen silent.",
            _parties(Party.WATCH),
            groups=("bus.watch",),
            sees_groups=("bus.router.", "to."),
            transactional_ids=("bus.watch.",),
        ),
        "partners": Process(
            "Keeps copies for partners, and hands over what is released.",
            _parties(Party.RELEASER),
            hears_partners=True,
            transactional_ids=("bus.partners.",),
        ),
        # It reads what strangers have written: whatever becomes of it, it can speak for partners alone.
        "inbound": Process(
            "Takes in what partners send, and says it in their name.",
            _parties(Party.INBOUND),
            groups=("bus.inbound",),
            abroad=True,
            alarms=(CRISIS_CENTRE,),  # of a document that nobody could take in
        ),
        "feeds": Process("Serves what was released to partners.", _parties(Party.FEEDS), groups=("bus.feeds",)),
        "desk": Process(
            "The crisis centre's pages: officers of every body answer there, each for its own.",
            _parties(Party.CENTRE, Party.MINISTRY, Party.DESK),
            sees_groups=("to.",),
        ),
        "officer": Process(
            "A person: puts rule books into force, looks into why.", _parties(Party.OFFICER), sees_groups=("to.",)
        ),
        "topics": Process("Creates topics and changes their settings.", _parties(), provisions=True),
    }
)
