"""Exactly once: one partition number across topics, its state and its transactions, for whoever is a `Member`."""

from cbrn_routing.shards.errors import PartitionsError, ShardsError, TopicsMissingError
from cbrn_routing.shards.lane_topics import LaneTopics, lane_topics
from cbrn_routing.shards.member import Member, MemberOptions, Name, State, StateRecord, Unread
from cbrn_routing.shards.outbox import Outbox
from cbrn_routing.shards.worker import Worker

__all__ = [
    "LaneTopics",
    "Member",
    "MemberOptions",
    "Name",
    "Outbox",
    "PartitionsError",
    "ShardsError",
    "State",
    "StateRecord",
    "TopicsMissingError",
    "Unread",
    "Worker",
    "encoding",
    "lane_topics",
    "placement",
]
