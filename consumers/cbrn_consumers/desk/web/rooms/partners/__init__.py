"""The pages of copies for partners abroad: what waits, what a partner will see, the decision, and what has left.

Only at the desk of all bodies: what waits lies on the bus's own streams, which no ministry's desk may read. `bus` alone
asks Kafka; `comparing` and `shown` are pure; `signing_person` makes sure of whoever decides.
"""

from cbrn_consumers.desk.web.rooms.partners.routes import ROOM

__all__ = ["ROOM"]
