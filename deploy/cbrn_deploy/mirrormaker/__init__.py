"""MirrorMaker 2 between the bus and one partner's cluster: its configuration, what is wrong with one, its process.

The jars are locked as the embedded broker's are. `docs/mirrormaker.md` says how two sides come together.
"""

from cbrn_deploy.mirrormaker.configuration import CARRIED, OURS, Mirror, Side
from cbrn_deploy.mirrormaker.needs import as_commands, kept_topics, rules_there, topics_there
from cbrn_deploy.mirrormaker.process import MirrorMaker, fetch

__all__ = [
    "CARRIED",
    "OURS",
    "Mirror",
    "MirrorMaker",
    "Side",
    "as_commands",
    "fetch",
    "kept_topics",
    "rules_there",
    "topics_there",
]
