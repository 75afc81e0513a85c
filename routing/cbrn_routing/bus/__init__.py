"""How any process talks to Kafka. No domain."""

__all__ = [
    "clock",
    "consumer",
    "errors",
    "header_names",
    "leaving",
    "leftovers",
    "pauses",
    "producer",
    "promises",
    "reach",
    "read",
    "record",
    "write",
]
