"""A body's inbox: many messages, few lines, nothing lost.

`fold`, and what it uses, is pure: delivered messages in, groups and notices out, the time an argument. `reader` brings
the messages from Kafka without taking part; `writer` puts a silence onto the bus. Nothing here withholds a record: what
is folded or hidden stands in its topic, and in its group by its coordinates.
"""

from cbrn_consumers.inbox.answers import Asked, Counts, Matter, OwnAnswers, in_order
from cbrn_consumers.inbox.delivery import (
    NOBODY,
    Coordinate,
    Delivery,
    GroupKey,
    GroupType,
    delivery_of,
    delivery_of_unreadable,
)
from cbrn_consumers.inbox.fold import GROUPS_MAX, INTERVAL, HiddenBy, Inbox, View
from cbrn_consumers.inbox.group import FOLDED, Change, Group
from cbrn_consumers.inbox.notice import Line, Notice, NoticeItem, Shown, line_of
from cbrn_consumers.inbox.protection import GRAVE, Protection, protection_of
from cbrn_consumers.inbox.readings import Noted, Reading, readings_of
from cbrn_consumers.inbox.silences import ActiveSilence, Silences, SilenceState

__all__ = [
    "FOLDED",
    "GRAVE",
    "GROUPS_MAX",
    "INTERVAL",
    "NOBODY",
    "ActiveSilence",
    "Asked",
    "Change",
    "Coordinate",
    "Counts",
    "Delivery",
    "Group",
    "GroupKey",
    "GroupType",
    "HiddenBy",
    "Inbox",
    "Line",
    "Matter",
    "Noted",
    "Notice",
    "NoticeItem",
    "OwnAnswers",
    "Protection",
    "Reading",
    "Shown",
    "SilenceState",
    "Silences",
    "View",
    "as_json",
    "declaring",
    "delivery_of",
    "delivery_of_unreadable",
    "in_order",
    "line_of",
    "protection_of",
    "reader",
    "readings_of",
    "writer",
]
