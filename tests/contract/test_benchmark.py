"""The benchmark compares like with like: one layout, one table, one set of schemas. Its page says what was found."""

from __future__ import annotations

import importlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.bench.java_model import SCHEMAS, java_model
from tests.bench.layout import Origin, lay_out
from tests.bench.outputs import Outputs
from tests.bench.pace import covering
from tests.bench.page import BEGIN, END, FIGURES, FOLDER, PAGE, as_text, pictures
from tests.bench.plan import CONTESTANTS, GROWTH, steps
from tests.bench.setting import DUTIES, KINDS, Setting
from tests.bench.streams import SOURCES
from tests.bench.table import alert_topics, table_of
from tests.bench.tables import page_part
from tests.bench.traffic import COMBINATIONS, combination_of, rfc3339_seconds, traffic
from tests.builders.router import Arrived, Written
from tests.builders.rules import national_engine

from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_schemas.events import parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Lane, Realm

NATIONAL = Setting()
BENCH = Path(__file__).parents[1] / "bench"
EVENTS = len(COMBINATIONS)


@pytest.fixture(scope="module")
def table():
    return table_of(NATIONAL, national_engine())


@pytest.fixture(scope="module")
def written():
    """What the product's own dispatcher writes of every combination once, and the events."""
    events = traffic(EVENTS, 1, NATIONAL)
    sink = Written()
    arrived = [
        Arrived(sent.value, sent.headers, sent.topic, sent.key, partition=0, offset=number)
        for number, sent in enumerate(events)
    ]
    Dispatcher(Realm.REAL, Lane.INCIDENTS, national_engine()).dispatch(
        arrived, ShardState(), sink, datetime.now(UTC), Tally()
    )
    return events, sink.sent


def checked(events, table, records):
    outputs = Outputs(NATIONAL, events, table, national_engine())
    for one in records:
        outputs.take(one.topic, 0, one.key, one.value, one.headers)
    return outputs.finish()


def test_what_the_router_writes_is_what_all_others_have_to_write(table, written):
    """Else the contestants would do different work."""
    events, records = written
    counts = checked(events, table, records)
    assert counts["decisions"] == EVENTS
    assert counts["records"] == len(records)
    assert counts["duties"] > 0


def first(records, topic):
    return next(number for number, one in enumerate(records) if one.topic.endswith(topic))


@pytest.mark.parametrize("topic", [".alerts", ".outbound", ".decisions", ".duties"])
def test_a_record_that_is_missing_or_there_twice_is_found(table, written, topic):
    """A contestant that loses or repeats may not look fast."""
    events, records = written
    which = first(records, topic)
    for spoiled in (records[:which] + records[which + 1 :], [*records, records[which]]):
        with pytest.raises(AssertionError):
            checked(events, table, spoiled)


def altered(record, name):
    headers = [(each, b"other" if each == name else value) for each, value in record.headers]
    return record._replace(headers=headers)


@pytest.mark.parametrize("name", ["cbrn_role", "cbrn_rule", "cbrn_place", "cbrn_rulebook"])
def test_another_role_rule_place_or_book_is_found(table, written, name):
    """Each is part of what is decided."""
    events, records = written
    which = first(records, ".alerts")
    with pytest.raises(AssertionError, match=name):
        checked(events, table, [*records[:which], altered(records[which], name), *records[which + 1 :]])


def test_altered_bytes_and_another_order_are_found(table, written):
    """The event goes on as it came, and behind what its body sent before."""
    events, records = written
    which = first(records, ".alerts")
    with pytest.raises(AssertionError, match="altered"):
        checked(events, table, [*records[:which], records[which]._replace(value=b"{}"), *records[which + 1 :]])
    with pytest.raises(AssertionError, match="behind"):
        checked(events, table, records[::-1])


def filled(gaps, words):
    return "".join(words[part] if number % 2 else part for number, part in enumerate(gaps))


@pytest.mark.parametrize("number", range(0, EVENTS, 13))
def test_the_table_with_its_gaps_filled_is_what_the_models_write(table, number):
    """Kafka Streams decides nothing, so the table has to hold all that is decided."""
    now = datetime.now(UTC)
    sent = traffic(EVENTS, 1, NATIONAL, now=now)[number]
    plan = table["plans"][combination_of(number)]
    origin = Origin(str(number), sent.headers[2][1].decode(), sent.key, sent.topic, 0, number, sent.value, sent.headers)
    wanted = lay_out(parse_event(sent.value), origin, national_engine(), now)
    observed = now.replace(microsecond=0)

    class Words(dict):
        def __missing__(self, mark):
            return rfc3339_seconds(observed + timedelta(seconds=int(mark.removeprefix("T+"))))

    words = Words(
        ID=origin.id,
        SOURCE=origin.source,
        SITUATION=sent.key.decode(),
        TOPIC=sent.topic,
        PARTITION="0",
        OFFSET=str(number),
        AT=rfc3339(now),
    )
    assert filled(plan["decision"], words).encode() == wanted[-1].value
    duties = [(filled(key, words).encode(), filled(value, words)) for key, value in plan["duties"]]
    assert [(key, text.encode() + sent.value + b"}") for key, text in duties] == [
        (one.key, one.value) for one in wanted if one.topic == DUTIES
    ]


def test_every_combination_has_a_topic_that_is_read(table):
    """Where the latency of some events were not measured, the slow ones might be among them."""
    told = alert_topics(table)
    read = set(covering(told))
    assert all(read & set(topics) for topics in told.values())


@pytest.mark.parametrize("bytes_wanted", [4_096, 16_384, 40_960])
def test_a_large_event_is_as_large_as_is_said(bytes_wanted):
    """A payload that stopped growing would look cheap."""
    for sent in traffic(len(COMBINATIONS), 1, Setting("small", payload=bytes_wanted)):
        assert bytes_wanted * 0.98 <= len(sent.value) <= bytes_wanted * 1.2


def test_every_field_of_the_schemas_is_in_the_java_model():
    """So that both validate the same; `agreement.py` asks the built one, where there is Maven."""
    model = java_model()
    for kind in KINDS:
        schema = json.loads((SCHEMAS / f"{kind}.v1.json").read_text(encoding="utf-8"))
        for name, record in {schema["title"]: schema, **schema["$defs"]}.items():
            head = re.search(rf"public record {name}\((.*?)\)(?: implements Incident)? \{{\n", model)
            assert head, name
            assert set(re.findall(r'@JsonProperty\("(\w+)"\)', head[1])) == set(record["properties"])


def test_maven_is_told_coordinates_and_pinned_versions_and_no_address():
    """Where jars come from is the business of whoever builds."""
    text = (SOURCES / "pom.xml").read_text(encoding="utf-8")
    assert not {"repository", "repositories", "pluginRepositories", "distributionManagement"} & set(
        re.findall(r"<(\w+)", text)
    )
    versions = re.findall(r"<(?:[\w.]*version)>([^<]+)<", text)
    assert versions
    assert all(re.fullmatch(r"[0-9.]+|\$\{jackson\.version\}", version) for version in versions)


def test_a_run_begins_with_what_matters_most_and_leaves_out_whom_it_is_told_to():
    """A run that is cut short has compared the two first."""
    found = list(steps(3, 1.0, 15, frozenset({"aiokafka"})))
    assert [step.job.contestant for step in found[:2]] == list(CONTESTANTS[:2])
    assert {step.section for step in found} == {"national", "small", "paced", "memory", *GROWTH}
    assert not any(step.job.contestant == "aiokafka" for step in found)


def test_the_page_is_what_its_figures_say():
    """A figure that somebody typed would have neither machine nor spread: `uv run python -m tests.bench.page`."""
    text = FIGURES.read_text(encoding="utf-8")
    found = json.loads(text)
    assert as_text(found) == text
    assert PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0] == page_part(found)
    for name, picture in pictures(found).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == picture


@pytest.mark.parametrize("module", sorted(path.stem for path in BENCH.glob("*.py") if path.stem != "__main__"))
def test_each_part_of_the_benchmark_fits_the_others(module):
    """Nobody runs all of them: one that asked another for what it no longer had was found by hand."""
    importlib.import_module(f"tests.bench.{module}")
