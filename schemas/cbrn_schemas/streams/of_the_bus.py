"""Streams of the bus itself: what its own processes write, and what persons with rights on the bus do."""

from __future__ import annotations

from typing import Final

from cbrn_schemas.streams.stream import (
    COMPACTED,
    DAY_MS,
    QUARANTINE_BYTES,
    STATUS_BYTES,
    Party,
    Stream,
    by,
    kept,
)

OF_THE_BUS: Final = (
    # A year, until an archive takes it over.
    Stream(
        "bus.decisions",
        "decisions",
        "One record an event: who was told and why.",
        by(Party.ROUTER),
        by(Party.OFFICER, Party.CENTRE),
        kept(365),
    ),
    Stream(
        "bus.quarantine",
        "quarantine",
        "What could not be understood or trusted.",
        by(Party.ROUTER, Party.KEEPER, Party.INBOUND),
        by(Party.KEEPER, Party.OFFICER, Party.CENTRE),
        kept(365, bytes_max=QUARANTINE_BYTES),
    ),
    # Apart from what partners write themselves: who has let a document through is believed by its topic alone.
    Stream(
        "bus.overruled",
        "overruled",
        "Documents of partners that were set aside and that a person has let through, with that person's name.",
        by(Party.KEEPER),
        by(Party.INBOUND),
        kept(365, bytes_max=QUARANTINE_BYTES),
        alone=True,
    ),
    Stream(
        "bus.outbound",
        "outbound",
        "Copies for partners abroad, held for release.",
        by(Party.ROUTER),
        by(Party.RELEASER, Party.OFFICER, Party.CENTRE),
        kept(90),
    ),
    # What left the country, by whose word and under which agreement, is asked for years later.
    Stream(
        "bus.releases",
        "releases",
        "What became of each copy for a partner: held, released, refused or run out; by whom, under which agreement, "
        "and which of its clauses let each field through.",
        by(Party.RELEASER),
        by(Party.RELEASER, Party.OFFICER, Party.CENTRE),
        kept(5 * 365),
        alone=True,
    ),
    # As long as what it speaks of.
    Stream(
        "bus.standing",
        "standing",
        "What the watch concluded: which answer was missing, to whom it was passed on, and how that ended.",
        by(Party.WATCH),
        by(Party.OFFICER),
        kept(90),
    ),
    # Some duties are due in the next yearly, or four-yearly, report.
    Stream(
        "bus.duties",
        "duties",
        "What frameworks ask of the country, and how far it has come: a log, whose records together are the state.",
        by(Party.ROUTER, Party.CLERK),
        by(Party.CLERK, Party.OFFICER, Party.CENTRE),
        kept(5 * 365),
    ),
    # For good: a decision names its book by digest. Not compacted, since whoever may write could then remove a book by
    # writing its key again; and the broker's clock says when each was put there.
    Stream(
        "bus.rulebook",
        "rulebook",
        "Rule books that two persons have put into force, in partition 0, for good. Of those that are signed as they "
        "must be and pass their check, the one with the highest number is in force.",
        by(Party.OFFICER),
        by(Party.ROUTER, Party.DESK, Party.OFFICER),
        kept(None),
    ),
    # For good: a signature of years ago can still be looked up. Not compacted, since whoever may write could then take
    # a revocation away by writing its key again; and the broker's clock says from when each counts.
    Stream(
        "bus.keys",
        "keys",
        "Keys with which bodies sign their events, registered by two persons or revoked by one, for good. Whoever "
        "verifies a signature verifies these by a trust file of its own.",
        by(Party.OFFICER),
        by(Party.ROUTER, Party.OFFICER),
        kept(None),
        alone=True,
    ),
    Stream(
        "bus.rulebook-status",
        "rulebookStatus",
        "Which rule book each router decides by, and which it refused and why; repeated every 20 seconds, by the "
        "router's name. For people: no router obeys it. Who has left is taken away, or falls out after a day.",
        by(Party.ROUTER),
        by(Party.DESK, Party.OFFICER),
        COMPACTED
        | {"cleanup.policy": "compact,delete", "retention.ms": str(DAY_MS), "max.message.bytes": str(STATUS_BYTES)},
        alone=True,
    ),
    # For good: what somebody may do today follows from all that was ever issued and taken back.
    Stream(
        "bus.access",
        "access",
        "Who may do what: every credential issued, renewed and revoked, and every change of rights, by whom and why. "
        "Never a secret.",
        by(Party.ADMIN),
        by(Party.OFFICER),
        kept(None),
        alone=True,
    ),
    Stream(
        "bus.state-{lane}",
        "routerState",
        "What the routers of a lane remember.",
        by(Party.ROUTER),
        by(Party.ROUTER),
        COMPACTED,
    ),
    # As large as any that came in, and where it came from.
    Stream(
        "bus.misplaced-{lane}",
        "misplaced",
        "Records that lay in another partition than that of their situation, on their way to the router that remembers "
        "it. For the routers alone.",
        by(Party.ROUTER),
        by(Party.ROUTER),
        kept(7, bytes_max=QUARANTINE_BYTES),
    ),
    Stream(
        "bus.state-watch",
        "watchState",
        "What the watch remembers: answers that are waited for.",
        by(Party.WATCH),
        by(Party.WATCH, Party.CENTRE),
        COMPACTED,
    ),
    Stream(
        "bus.misplaced-watch",
        "misplacedAnswers",
        "Receipts that lay in another partition than that of their situation, on their way to the watch that waits for "
        "them. For the watch alone.",
        by(Party.WATCH),
        by(Party.WATCH),
        kept(7, bytes_max=QUARANTINE_BYTES),
    ),
)
