"""The pages of copies for partners abroad: what waits, what a partner will see, the decision, and what has left.

A ministry's desk has the copies of which its own persons may decide, that of all bodies has all. `bus` alone asks
Kafka; `comparing`, `reasons` and `shown` are pure; `signing_person` makes sure of whoever decides.
"""

from cbrn_consumers.desk.web.rooms.partners.routes import ROOM

__all__ = ["ROOM", "bus"]
