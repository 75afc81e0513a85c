"""How any process talks to Kafka. No domain."""

__all__ = [
    "addresses",
    "admission",
    "aside",
    "clock",
    "consumer",
    "diagnosis",
    "errors",
    "explaining",
    "handshake",
    "header_names",
    "leaving",
    "leftovers",
    "pauses",
    "producer",
    "promises",
    "reach",
    "read",
    "record",
    "refusals",
    "write",
]
