"""How any process talks to Kafka. No domain."""

__all__ = [
    "clock",
    "consumer",
    "errors",
    "header_names",
    "history",
    "leaving",
    "leftovers",
    "pauses",
    "producer",
    "promises",
    "reach",
    "read",
    "write",
]
