"""MirrorMaker 2 between the bus and one partner's cluster: its configuration, what is wrong with one, its process.

`process` runs it, of jars that are locked as the embedded broker's are; all else is pure. `docs/mirrormaker.md` says
how two sides come together.
"""

from cbrn_deploy.mirrormaker.checking import Fault, check
from cbrn_deploy.mirrormaker.configuration import CARRIED, OURS, Mirror, Side, parse
from cbrn_deploy.mirrormaker.needs import as_commands, kept_topics, rules_there, topics_there

__all__ = [
    "CARRIED",
    "OURS",
    "Fault",
    "Mirror",
    "Side",
    "as_commands",
    "check",
    "keeping",
    "kept_topics",
    "mending",
    "parse",
    "process",
    "rules_there",
    "topics_there",
]
