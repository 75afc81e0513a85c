"""Topics that the catalogue of bodies implies, against what a cluster has.

`plan` and `difference` are pure; `cluster` talks to Kafka and never deletes.
"""

from cbrn_deploy.provisioning.cluster import Applied, ClusterTopics, connected
from cbrn_deploy.provisioning.difference import ActualTopic, ConfigChange, Difference, Held, difference
from cbrn_deploy.provisioning.errors import PartitionsDifferError, TopicNotReadyError
from cbrn_deploy.provisioning.plan import TopicSpec, planned_topics

__all__ = [
    "ActualTopic",
    "Applied",
    "ClusterTopics",
    "ConfigChange",
    "Difference",
    "Held",
    "PartitionsDifferError",
    "TopicNotReadyError",
    "TopicSpec",
    "connected",
    "difference",
    "planned_topics",
]
