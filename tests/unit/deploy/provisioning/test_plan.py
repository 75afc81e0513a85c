"""What the catalogue implies, and how it is compared with a cluster."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_deploy.provisioning import ActualTopic, difference, planned_topics
from cbrn_routing.router import ingress_topics
from cbrn_schemas.catalogue.bodies import partners, publishers, receivers
from cbrn_schemas.topics import Lane, Realm, state_topic

ON = date(2026, 11, 1)
DAY_MS = 24 * 3600 * 1000


def planned(realm=Realm.REAL, shards=4, replication=1, on=ON):
    return planned_topics(realm, shards=shards, replication=replication, on=on)


def actual(spec, **changes):
    """The cluster's view of a topic that is as planned, but for `changes`."""
    own = dict(spec.config)
    shape = {"partitions": spec.partitions, "replication": spec.replication, "config": own, "own": own}
    return ActualTopic(spec.name, **(shape | changes))


def spec_of(name, **options):
    return next(spec for spec in planned(**options) if spec.name == name)


def test_every_body_has_its_topics_and_no_other():
    """A body without a topic could not report, or would not be told."""
    names = {spec.name for spec in planned()}
    assert {f"cbrn.from.{b}.{s}" for b in publishers(ON) for s in ("incidents", "monitoring")} <= names
    assert {f"cbrn.to.{b}.{s}" for b in receivers(ON) for s in ("alerts", "monitoring")} <= names
    home = receivers(ON).keys() - partners(ON).keys()
    assert {f"cbrn.to.{b}.{s}" for b in home for s in ("standing", "copies")} <= names
    bus = {name for name in names if name.startswith("cbrn.bus.")}
    own = ("silences", "decisions", "receipts", "shifts", "notices")
    assert {f"cbrn.from.{b}.{s}" for b in receivers(ON) for s in own} <= names
    assert {topic for b in partners(ON) for topic in (f"cbrn.from.{b}.originals", f"cbrn.to.{b}.documents")} <= names
    assert len(names) == 2 * len(publishers(ON)) + 9 * len(receivers(ON)) + len(bus)


ALONE = (
    *(".silences", ".decisions", ".shifts", ".notices", ".copies", ".originals", ".documents"),
    *(".rulebook-status", ".keys", ".access", ".releases", ".overruled"),
)
"""Topics of one partition: what lies there has no key that others share."""


def test_all_topics_of_events_have_the_same_number_of_partitions():
    """So a key has the same partition in each of them, and one shard sees all of a situation."""
    shared = {spec.partitions for spec in planned(shards=3) if not spec.name.endswith(ALONE)}
    assert shared | {spec_of("cbrn.bus.decisions", shards=3).partitions} == {3}


def test_silences_of_a_body_are_one_history_that_nobody_backdates():
    """Compacted, the end of a silence would remove what it hid; by its author's clock, it could hide the past."""
    spec = spec_of("cbrn.from.moh.silences", shards=3)
    assert spec.partitions == 1
    assert spec.config["cleanup.policy"] == "delete"
    assert spec.config["message.timestamp.type"] == "LogAppendTime"
    assert int(spec.config["retention.ms"]) == int(spec_of("cbrn.bus.decisions").config["retention.ms"])


def test_a_persons_decision_never_outlives_its_answer():
    """It would be taken for one that nobody has answered, and applied a second time."""
    decisions = spec_of("cbrn.from.moh.decisions", shards=3)
    assert decisions.partitions == 1
    assert decisions.config["message.timestamp.type"] == "LogAppendTime"
    for answers in ("cbrn.bus.duties", "cbrn.bus.quarantine"):
        kept = int(spec_of(answers).config["retention.ms"])
        assert int(decisions.config["retention.ms"]) + 7 * 24 * 3600 * 1000 < kept


def test_realms_share_no_topic():
    """Real and exercise never meet."""
    assert not {s.name for s in planned(Realm.REAL)} & {s.name for s in planned(Realm.EXERCISE)}


def test_writers_clocks_do_not_decide_what_is_kept():
    """By its writer's time, a record from a machine in 2099 is refused and one from 1970 deleted unread."""
    assert {spec.config["message.timestamp.type"] for spec in planned()} == {"LogAppendTime"}


def test_router_state_is_compacted_in_small_segments():
    """A router reads all of it when it takes a shard over; what is in the open segment is never cleaned."""
    for lane in Lane:
        config = spec_of(state_topic(Realm.REAL, lane)).config
        assert config["cleanup.policy"] == "compact"
        assert int(config["segment.bytes"]) <= 16 * 1024 * 1024
        assert "retention.ms" not in config


def test_quarantine_takes_the_largest_record_that_arrives():
    """A record that could not even be quarantined would stop its shard."""
    largest = int(spec_of("cbrn.from.mes.incidents").config["max.message.bytes"])
    assert int(spec_of("cbrn.bus.quarantine").config["max.message.bytes"]) >= largest + 64 * 1024


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_one_broker_may_be_lost(replication, in_sync):
    """Three copies go on with two; fewer copies must not stop when one is gone."""
    assert {s.config["min.insync.replicas"] for s in planned(replication=replication)} == {in_sync}


def test_dissolved_body_gets_no_new_topic_and_keeps_its_old_one():
    """Its records may still be needed, so its topic is named and left alone."""
    former = [ActualTopic("cbrn.from.gone.incidents", 4, 1), ActualTopic("other.topic", 1, 1)]
    found = difference(planned(), former, Realm.REAL)
    assert found.left_alone == ("cbrn.from.gone.incidents",)


def test_other_realm_is_none_of_its_business():
    """`cbrn-exercise.` begins with `cbrn` as well."""
    exercise = [actual(spec) for spec in planned(Realm.EXERCISE)]
    assert difference(planned(), exercise, Realm.REAL).left_alone == ()


def test_cluster_as_planned_differs_in_nothing():
    """Otherwise apply would never come to rest."""
    found = difference(planned(), [actual(spec) for spec in planned()], Realm.REAL)
    assert found.empty
    assert found.unchanged == len(planned())


def test_missing_topic_is_created():
    """The plain case."""
    missing, *rest = planned()
    found = difference(planned(), [actual(spec) for spec in rest], Realm.REAL)
    assert found.create == (missing,)
    assert not found.change


def test_changed_setting_keeps_what_others_set():
    """Kafka replaces all of a topic's own settings at once."""
    spec = spec_of("cbrn.to.mes.alerts")
    topic = actual(spec, config={**spec.config, "max.message.bytes": "5"}, own={"flush.messages": "7"})
    (change,) = difference([spec], [topic], Realm.REAL).change
    assert change.values == {"max.message.bytes": ("5", spec.config["max.message.bytes"])}
    assert change.result() == {"flush.messages": "7", "max.message.bytes": spec.config["max.message.bytes"]}


@pytest.mark.parametrize("partitions", [2, 8])
def test_other_number_of_partitions_blocks_everything(partitions):
    """Fewer cannot be, and more would move keys to other shards."""
    spec = spec_of("cbrn.to.mes.alerts")
    found = difference([spec], [actual(spec, partitions=partitions)], Realm.REAL)
    assert found.blocked
    assert f"(or --shards) to {partitions}" in found.held[0].why
    assert not found.odd


@pytest.mark.parametrize("shards", [4, 6])
@pytest.mark.parametrize(
    ("name", "stake"),
    [
        ("cbrn.from.mes.incidents", "all of it is routed"),
        ("cbrn.to.moh.monitoring", "nothing is written"),
        ("cbrn.bus.state-incidents", "nothing is written"),
        ("cbrn.bus.decisions", "nothing is written"),
    ],
)
def test_raised_topic_is_named_as_the_odd_one(shards, name, stake):
    """Advice to raise CBRN_SHARDS to 6, and then to lower it to 4, cannot be followed and moves every situation."""
    topics = [actual(spec, partitions=6 if spec.name == name else spec.partitions) for spec in planned(shards=4)]
    found = difference(planned(shards=shards), topics, Realm.REAL)
    (odd,) = found.odd
    assert (odd.topic, odd.present, odd.planned) == (name, "6", "4")
    assert stake in odd.why
    assert "take partitions away" in odd.why
    assert "CBRN_SHARDS" not in odd.why
    assert found.blocked
    assert {held.present for held in found.held if not held.odd} == ({"4"} if shards == 6 else set())
    assert all("(or --shards) to 4" in held.why for held in found.held if not held.odd)


def test_topic_with_too_few_partitions_is_named_as_the_odd_one():
    """One that was made by hand before the realm was."""
    topics = [actual(spec, partitions=1 if spec.name == "cbrn.from.mes.incidents" else 4) for spec in planned()]
    odd = [held.topic for held in difference(planned(), topics, Realm.REAL).odd if "silences" not in held.topic]
    assert odd == ["cbrn.from.mes.incidents"]


@given(present=st.integers(-1, 400), wanted=st.integers(-1, 400))
def test_no_change_ever_keeps_records_for_less_time(present, wanted):
    """The promise of `apply`, for every pair of retentions (-1: for ever)."""
    days = {"retention.ms": str(wanted * DAY_MS if wanted >= 0 else -1)}
    spec = type(spec_of("cbrn.to.mes.alerts"))("cbrn.to.mes.alerts", 4, 1, days)
    topic = ActualTopic(spec.name, 4, 1, {"retention.ms": str(present * DAY_MS if present >= 0 else -1)}, {})
    found = difference([spec], [topic], Realm.REAL)
    longer = present not in {wanted, -1} and (wanted == -1 or wanted > present)
    assert bool(found.change) is longer
    assert bool(found.held) is (wanted != present and not longer)


def test_cleanup_policy_is_never_changed():
    """Compaction deletes the older values of a key, deletion the old records."""
    spec = spec_of("cbrn.bus.state-incidents")
    topic = actual(spec, config={**spec.config, "cleanup.policy": "delete"})
    found = difference([spec], [topic], Realm.REAL)
    assert [held.setting for held in found.held] == ["cleanup.policy"]
    assert not found.change


def test_no_record_of_the_rule_books_topic_can_be_written_over():
    """In a compacted topic whoever may write could take the book in force away; and its times are the broker's."""
    config = spec_of("cbrn.bus.rulebook").config
    assert config["cleanup.policy"] == "delete"
    assert config["retention.ms"] == "-1"
    assert config["message.timestamp.type"] == "LogAppendTime"


def test_topics_of_a_body_that_begins_later_are_there_before_it() -> None:
    """The router writes to it from the country's midnight on, six hours before UTC's: a missing topic stalls a lane."""
    for day in (date(2025, 5, 11), date(2025, 5, 12)):
        names = {spec.name for spec in planned_topics(Realm.REAL, shards=1, replication=1, on=day)}
        assert {"cbrn.to.moe.alerts", "cbrn.to.moe.monitoring", "cbrn.from.moe.silences"} <= names
    assert "cbrn.to.moes.alerts" not in names
    assert "cbrn.from.moe.incidents" in ingress_topics(
        Realm.REAL, Lane.INCIDENTS, datetime(2025, 5, 11, 12, tzinfo=UTC)
    )
