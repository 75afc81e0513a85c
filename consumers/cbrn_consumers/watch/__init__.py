"""The watch: an answer that does not come is noticed, passed on by rule, and written down, each time once.

`deadlines` and `escalation` decide, without clock or Kafka; `memory` is what a shard knows, `round` what a batch does
to it; `member` brings them to the exactly-once loop. Here and not beside the router: it lives by what bodies answer.
"""

from cbrn_consumers.watch.member import Watch
from cbrn_consumers.watch.policy import Policies, PolicyError

__all__ = ["Policies", "PolicyError", "Watch", "policy", "policy_file", "silent"]
