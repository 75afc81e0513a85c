"""Who may do what on a cluster: users and rules that follow from the table of streams and the catalogue of bodies.

`rights` and what it reads are pure; `applying` and `protocol` talk to a cluster, and want the part `access` installed.
"""

from cbrn_deploy.provisioning.access.processes import Process
from cbrn_deploy.provisioning.access.rights import Operation, Resource, Right, process_of, rights, users

__all__ = [
    "Operation",
    "Process",
    "Resource",
    "Right",
    "applying",
    "difference",
    "issuing",
    "known",
    "page",
    "plan",
    "process_of",
    "protocol",
    "report",
    "requesting",
    "rights",
    "rule",
    "trying",
    "users",
    "words",
]
