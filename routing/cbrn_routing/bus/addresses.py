"""Where a broker listens."""

from __future__ import annotations


def host_and_port(address: str) -> tuple[str, int]:
    """Split an address of a broker; without a port it is Kafka's own."""
    name, _, port = address.rpartition(":") if ":" in address.rpartition("]")[2] else (address, "", "9092")
    return name.strip("[]"), int(port)
