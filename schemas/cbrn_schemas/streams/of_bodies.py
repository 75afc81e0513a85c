"""Streams that each body has: what it says, and what it is told."""

from __future__ import annotations

from typing import Final

from cbrn_schemas.streams.stream import (
    COMPACTED,
    DAY_MS,
    PLAIN,
    QUARANTINE_BYTES,
    SILENCE_BYTES,
    Party,
    Stream,
    by,
    kept,
)

OF_BODIES: Final = (
    Stream(
        "from.{body}.incidents",
        "incidentsFromBody",
        "What has happened, as a body publishes it.",
        by(Party.AGENCY, Party.KEEPER, Party.DESK, Party.INBOUND),
        by(Party.ROUTER, Party.WATCH, Party.OFFICER, Party.DESK, Party.INBOUND),
        kept(30, PLAIN),
        "publisher",
    ),
    Stream(
        "from.{body}.monitoring",
        "readingsFromBody",
        "What was measured or counted, as a body publishes it.",
        by(Party.AGENCY, Party.KEEPER, Party.DESK),
        by(Party.ROUTER, Party.WATCH, Party.OFFICER),
        kept(7, PLAIN),
        "publisher",
    ),
    # As long as what became of it: a quarrel about what a neighbour has said is settled by its own bytes.
    Stream(
        "from.{body}.originals",
        "originalsFromPartner",
        "What a partner sent, byte for byte: CAP, EDXL-DE or IRIX. Checked, it becomes an event of that partner.",
        by(Party.AGENCY, Party.INBOUND, Party.MIRROR),
        by(Party.INBOUND, Party.OFFICER, Party.DESK, Party.CENTRE),
        kept(365, PLAIN),
        "partner",
        alone=True,
    ),
    # As long as the alerts that they answer: whoever still sees an alert sees what was answered.
    Stream(
        "from.{body}.receipts",
        "receiptsFromBody",
        "What a body answers to an alert: seen, acknowledged, accepted, en route, declined, a note, handed over, "
        "closed. The body itself reads it back.",
        by(Party.MINISTRY, Party.NOTIFIER, Party.INBOUND),
        by(Party.MINISTRY, Party.WATCH, Party.OFFICER, Party.RELEASER),
        kept(90, PLAIN),
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
        by(Party.MINISTRY),
        by(Party.MINISTRY),
        kept(365, PLAIN, bytes_max=SILENCE_BYTES),
        "receiver",
        alone=True,
    ),
    # As long as the alerts of which it tells.
    Stream(
        "from.{body}.notices",
        "noticesOfBody",
        "What was sent to a body's officers over which channel, and what came of every attempt and reply; without a "
        "number or an address. The body itself reads it back.",
        by(Party.MINISTRY, Party.NOTIFIER),
        by(Party.MINISTRY, Party.NOTIFIER),
        kept(90, PLAIN),
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
        by(Party.MINISTRY),
        by(Party.CLERK, Party.KEEPER, Party.RELEASER),
        kept(180, PLAIN),
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
        by(Party.MINISTRY, Party.NOTIFIER),
        by(Party.MINISTRY, Party.NOTIFIER, Party.WATCH),
        kept(365, PLAIN),
        "receiver",
        alone=True,
    ),
    Stream(
        "to.{body}.alerts",
        "alertsToBody",
        "Incidents that a body is told of; alarms about what nobody could read, what nobody has answered, what is "
        "silent, and about overdue duties.",
        by(Party.ROUTER, Party.CLERK, Party.WATCH, Party.RELEASER),
        by(Party.MINISTRY, Party.FEED, Party.NOTIFIER, Party.WATCH, Party.OFFICER, Party.INBOUND, Party.MIRROR),
        kept(90),
        "receiver",
    ),
    Stream(
        "to.{body}.monitoring",
        "readingsToBody",
        "Readings that a body is told of.",
        by(Party.ROUTER),
        by(Party.MINISTRY, Party.FEED, Party.MIRROR),
        kept(7),
        "receiver",
    ),
    # Compacted: each record says all of a situation, so the latest of a key is all that is needed, and whoever begins
    # anew reads one a situation instead of one a change. What was said when lies in answers and conclusions. As long as
    # the alerts of which it speaks: a situation that is long over falls out.
    Stream(
        "to.{body}.standing",
        "standingToBody",
        "Where everybody stands who was told of a situation of which this body was told. An empty value takes it back.",
        by(Party.WATCH),
        by(Party.MINISTRY),
        COMPACTED
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
        by(Party.RELEASER),
        by(Party.MINISTRY),
        kept(90, bytes_max=QUARANTINE_BYTES),
        "home",
        alone=True,
    ),
    # As long as the alerts that they say in a partner's form.
    Stream(
        "to.{body}.documents",
        "documentsToPartner",
        "What was released to a partner, as its programs read it: signed CAP; EDXL-DE or IRIX where that is agreed.",
        by(Party.RELEASER),
        by(Party.FEED, Party.FEEDS, Party.OFFICER, Party.DESK, Party.CENTRE, Party.RELEASER, Party.MIRROR),
        kept(90),
        "partner",
        alone=True,
    ),
)
