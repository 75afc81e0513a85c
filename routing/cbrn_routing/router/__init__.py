"""The router: reads what agencies publish and tells the responsible bodies, each exactly once."""

from cbrn_routing.router.batch import Tally
from cbrn_routing.router.dispatch import Dispatcher
from cbrn_routing.router.in_force import read_activations
from cbrn_routing.router.member import Router, ingress_topics
from cbrn_routing.router.proof_process import ProofUndecidedError
from cbrn_routing.router.rehearsal import rehearse

__all__ = [
    "Dispatcher",
    "ProofUndecidedError",
    "Router",
    "Tally",
    "batch",
    "body_keys",
    "dispatch",
    "ingress_topics",
    "read_activations",
    "rehearse",
    "state",
]
