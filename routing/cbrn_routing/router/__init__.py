"""The router: reads what agencies publish and tells the responsible bodies, each exactly once."""

from cbrn_routing.router.errors import ProofUndecidedError, RouterError, TopicsMissingError
from cbrn_routing.router.judge import Judge
from cbrn_routing.router.narrate import LogNarrator
from cbrn_routing.router.rulebooks import read_activations
from cbrn_routing.router.service import Router, RouterOptions, ingress_topics
from cbrn_routing.router.sitting import Narrator, Tally

__all__ = [
    "Judge",
    "LogNarrator",
    "Narrator",
    "ProofUndecidedError",
    "Router",
    "RouterError",
    "RouterOptions",
    "Tally",
    "TopicsMissingError",
    "ingress_topics",
    "read_activations",
]
