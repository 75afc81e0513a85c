"""The router: reads what agencies publish and tells the responsible bodies, each exactly once."""

from cbrn_routing.router.batch import Narrator, Tally
from cbrn_routing.router.dispatch import Judge
from cbrn_routing.router.errors import ProofUndecidedError, RouterError, TopicsMissingError
from cbrn_routing.router.in_force import read_activations
from cbrn_routing.router.log import LogNarrator
from cbrn_routing.router.service import Router, RouterOptions, ingress_topics

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
