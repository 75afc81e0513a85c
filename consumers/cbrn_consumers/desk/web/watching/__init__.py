"""What the pages of the watch show: who is on duty, two weeks of the rota, channels, silences, the health of the bus.

`bus` alone asks Kafka, and keeps an answer for a moment; all else is pure. What is said of a watch is said through
`cbrn_consumers.shifts`, as on the command line.
"""

__all__ = ["bus", "calendar", "health", "now", "own", "problems"]
