"""The zombie test.

Routers are frozen, killed, fenced and rebalanced while agencies publish; a checker that knows nothing of the router
counts what arrived. `python -m tests.broker.zombie --faults 1000` runs any number of faults.
"""
