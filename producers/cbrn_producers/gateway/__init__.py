"""A way in for whoever has no Kafka client: what programs of one body send over HTTP becomes its events on the bus.

Nothing is kept here: an answer of success means that Kafka holds the event.
"""

from cbrn_producers.gateway.app import gateway_app
from cbrn_producers.gateway.counter import Counter

__all__ = ["Counter", "gateway_app"]
