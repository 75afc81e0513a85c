"""The pages of the watch, and what they show: who is on duty, the rota, channels, silences, notices, the bus.

`bus` alone asks Kafka, and keeps an answer for a moment; `own` decides whose watch a page may show; `now`, `calendar`,
`health` and `problems` are pure. What is said of a watch goes through `cbrn_consumers.shifts`, as on the command line.
"""

from cbrn_consumers.desk.web.rooms.watch.routes import ROOM

__all__ = ["ROOM", "line"]
