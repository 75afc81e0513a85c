"""Whoever has no right to topics is told so in the words in which every missing right is told."""

from types import SimpleNamespace

import pytest

from cbrn_deploy.provisioning.cluster import ClusterTopics
from cbrn_deploy.provisioning.errors import TopicNotReadyError
from cbrn_deploy.provisioning.plan import TopicSpec
from cbrn_routing.bus.errors import NotAuthorizedError
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

TOPIC = "cbrn.to.mes.alerts"
DENIED, INVALID = (29, "Topic authorization failed."), (38, "Replication factor: 3 larger than available brokers: 1.")


class Cluster:
    """A cluster of one broker that lets `mes` in, and answers changes and questions with these codes and words."""

    def __init__(self, *, configs=(0, None), creates=(0, None)):
        self.configs, self.creates = configs, creates

    async def describe_cluster(self):
        return {"brokers": [1]}

    async def list_topics(self):
        return [TOPIC]

    async def describe_topics(self, names):
        return [{"topic": name, "error_code": 0, "partitions": []} for name in names]

    async def describe_configs(self, _):
        return [SimpleNamespace(resources=[(*self.configs, 2, TOPIC, [])])]

    async def alter_configs(self, _):
        return [SimpleNamespace(resources=[(*self.configs, 2, TOPIC)])]

    async def create_topics(self, *_, **__):
        return SimpleNamespace(topic_errors=[(TOPIC, *self.creates)])


def cluster(**answers):
    """The topics of such a cluster, as `mes` comes to them."""
    given = {"security_protocol": "SASL_SSL", "username": "mes", "password": "right"}
    return ClusterTopics(Cluster(**answers), Settings(bootstrap_servers="127.0.0.1:9092", **given))


@pytest.mark.parametrize(
    ("work", "may_not"),
    [
        (lambda: cluster(configs=DENIED).difference((), Realm.REAL), "read settings of"),
        (lambda: cluster(configs=DENIED).change([SimpleNamespace(topic=TOPIC, result=dict)]), "change settings of"),
        (lambda: cluster(creates=DENIED).create([TopicSpec(TOPIC, 1, 1, {})]), "create"),
    ],
)
async def test_who_may_not_do_what_with_which_topic_where_and_who_may(work, may_not):
    """A ministry's engineer who runs `cbrn topics plan` with the ministry's file read «Topic authorization failed»."""
    with pytest.raises(NotAuthorizedError) as caught:
        await work()
    assert str(caught.value) == f"user mes may not {may_not} topic {TOPIC} on 127.0.0.1:9092"
    assert "bus.topics" in caught.value.hint
    assert "CBRN_CREDENTIALS" in caught.value.hint


async def test_what_a_cluster_cannot_do_is_told_as_it_says_it():
    with pytest.raises(
        TopicNotReadyError, match=f"cannot create topic {TOPIC}: Replication factor: 3 larger"
    ) as caught:
        await cluster(creates=INVALID).create([TopicSpec(TOPIC, 1, 1, {})])
    assert "--replication" in caught.value.hint
