"""The watch under fault.

Watches are frozen, killed and rebalanced, and their broker is killed, while a week passes on their clock; a checker
that knows nothing of the watch counts what was passed on. `python -m tests.broker.watch_faults --faults 200` runs any
number of faults.
"""
