"""The demo's scenarios: valid files, whose hand-written expectations the rule book and the router's judgement meet."""

import asyncio
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders.router import Arrived, Written

from cbrn_deploy.cli.demo.check import OUTBOUND, Found, compare
from cbrn_producers.simulator import (
    Alerted,
    Published,
    ScenarioFileError,
    Script,
    UnknownScenarioError,
    measure,
    play,
    read_scenario,
    scenario,
    scenarios,
    stations,
)
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type, key_of, parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Lane, Realm, from_topic

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
NAMES = [each.name for each in scenarios()]
CASES = [each.name for each in scenarios() if each.duty is None]
"""Those that show how reports go; the others show answers."""


def reports(script):
    """The steps by which something is published."""
    return [step for step in script.scenario.steps if step.publishes]


class JudgedBus(Written):
    """The router's judgement without Kafka: what it would write, in order."""

    def __init__(self, engine):
        super().__init__()
        self.judges = {lane: Dispatcher(Realm.REAL, lane, engine) for lane in Lane}
        self.state = {lane: ShardState() for lane in Lane}
        self.offsets = Counter()

    def publish(self, step, event_id, source, value):
        kind = step.event["kind"] if step.event else parse_event(value).kind
        topic = from_topic(Realm.REAL, step.body, step.lane)
        offset = self.offsets[topic]
        self.offsets[topic] += 1
        key = json.loads(value)["situation"] if step.slip is None and step.lane is Lane.INCIDENTS else "any"
        key = key_of(parse_event(value)) if step.slip is None else key
        record = Arrived(
            topic=topic,
            partition=0,
            offset=offset,
            key=key.encode(),
            value=value,
            headers=binary_headers(id=event_id, source=source, type=ce_type(kind), time=rfc3339(NOW)),
        )
        self.judges[step.lane].dispatch([record], self.state[step.lane], self, NOW, Tally())
        return Published(step, event_id, source, value, topic, 0, offset, 0)

    def found(self):
        """What lies where bodies read, as the demo's independent check counts it."""
        counts, roles = Counter(), defaultdict(set)
        for record in self.sent:
            parts = record.topic.split(".")
            if parts[1] == "to":
                where = parts[2], parts[3]
            elif parts[2] == "outbound":
                where = record.named["cbrn_partner"].decode(), OUTBOUND
            else:
                continue
            alert = Alerted(*where, record.named["ce_source"].decode(), record.named["ce_id"].decode())
            counts[alert] += 1
            roles[alert].add(record.named["cbrn_role"].decode())
        return Found(counts, roles)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_reaches_exactly_those_whom_its_author_named(engine, name):
    """The files were written by a person from the table of who watches what: two answers to one question must agree."""
    bus, script, expected = JudgedBus(engine), Script(scenario(name), "t"), {}
    for step in reports(script):
        published = bus.publish(step, *script.write(step, NOW))
        expected |= published.expected()
    findings = compare(expected, bus.found())
    assert findings.clean, findings


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_expectation_is_noticed(engine, name):
    """A check that cannot fail would prove nothing."""
    bus, script = JudgedBus(engine), Script(scenario(name), "t")
    published = [bus.publish(step, *script.write(step, NOW)) for step in reports(script)]
    expected = {alert: role for each in published for alert, role in each.expected().items()}
    left_out = next(iter(expected))
    wrong = {alert: role for alert, role in expected.items() if alert != left_out}
    wrong[Alerted("mod", "alerts", "/mes", "never-sent")] = "lead"
    findings = compare(wrong, bus.found())
    assert findings.extra == (left_out,)
    assert [alert.body for alert in findings.missing] == ["mod"]


@pytest.mark.parametrize("name", NAMES)
def test_doubts_and_reasons_are_those_the_author_named(engine, name):
    """What is merely doubtful is routed with a warning, what is wrong is set aside: the files say which is which."""
    bus, script = JudgedBus(engine), Script(scenario(name), "t")
    for step in reports(script):
        del bus.sent[:]
        bus.publish(step, *script.write(step, NOW))
        quarantined = [each for each in bus.sent if each.topic.endswith("bus.quarantine")]
        decided = [json.loads(each.value) for each in bus.sent if each.topic.endswith("bus.decisions")]
        if step.quarantined is not None:
            assert not decided
            headers = quarantined[0].named
            assert headers["cbrn_reason"].decode() == step.quarantined.reason
            assert headers["cbrn_where"].decode() == step.quarantined.where
        elif step.resend is None:
            assert decided[0]["doubts"] == [str(doubt) for doubt in step.doubts]
            assert sorted(decided[0]["earlier"]) == sorted(step.told.earlier)
        else:
            assert not bus.sent, "what is sent again is counted once"


@pytest.mark.parametrize("name", CASES)
def test_a_scenario_holds_what_a_demo_must_show(name):
    """A mistake that goes to quarantine, a resent duplicate and a correction happen in every real week."""
    steps = scenario(name).steps
    assert any(step.quarantined for step in steps)
    assert any(step.resend for step in steps)
    assert any(step.event and step.event.get("message_type") in {"Update", "Cancel"} for step in steps if not step.slip)


@pytest.mark.parametrize("name", NAMES)
def test_every_event_speaks_three_languages(name):
    """The demo is shown in ky, ru and en, and so is what its agencies say."""
    for step in scenario(name).steps:
        if step.event is not None:
            assert set(step.event["texts"]) == {"ky", "ru", "en"}


def test_the_cases_asked_for_are_there():
    """The project promises these four."""
    assert {"min-kush-2024", "barskoon-1998", "caesium-train-2007", "kara-suu-anthrax-2020"} <= set(NAMES)


def test_times_are_shifted_to_now_and_keep_their_distance():
    """An old case with its old times would come with warnings about a late report."""
    script = Script(scenario("min-kush-2024"), "t")
    step = script.scenario.steps[0]
    event = parse_event(script.write(step, NOW)[2])
    assert event.reported == NOW
    assert event.observed == NOW - timedelta(minutes=step.seen_min)


def test_two_runs_share_neither_ids_nor_situations():
    """A second play on a kept data folder would else be taken for duplicates of the first."""
    one, two = (Script(scenario("min-kush-2024"), tag) for tag in ("a", "b"))
    step = one.scenario.steps[0]
    (id_one, _, value_one), (id_two, _, value_two) = one.write(step, NOW), two.write(step, NOW)
    assert id_one != id_two
    assert parse_event(value_one).situation != parse_event(value_two).situation


def test_a_resent_step_is_the_same_record():
    """Only the same source, id and bytes make a duplicate; other bytes under the id would go to quarantine."""
    script = Script(scenario("min-kush-2024"), "t")
    written = {step.id: script.write(step, NOW + timedelta(seconds=n)) for n, step in enumerate(script.scenario.steps)}
    assert written["loaded-again"] == written["loaded"]


def test_an_unknown_name_is_answered_with_those_that_exist():
    """Nobody knows the names by heart."""
    with pytest.raises(UnknownScenarioError) as refused:
        scenario("minkush")
    assert "min-kush-2024" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "expected"),
        ("- a list", "scenario: "),
        ("name: own", "happened: "),
        ("name: own\nextra: 1", "extra"),
        ("name: " + "[" * 200_000, "nested too deep"),
    ],
)
def test_a_broken_file_says_where(tmp_path, text, said):
    """Whoever writes a case of his own is told what to mend."""
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFileError, match=r"own\.yaml") as refused:
        read_scenario(file)
    assert said in str(refused.value)


ANSWERED = {
    "duty": {"body": "mia", "officers": {"first": {"ky": "a", "ru": "a", "en": "a"}}},
    "later_min": 15,
    "told": {"lead": ["mia"]},
    "rings": ["first"],
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        ({"rings": ["second"]}, "second, and no officer"),
        ({"duty": None}, "needs a report before it"),
        ({"reply": "first"}, "one of event, resend"),
        ({"later_min": None}, "one of event, resend"),
        ({"later_min": 0}, "greater than or equal to 1"),
    ],
)
def test_a_case_of_answers_is_held_to_what_can_be_played(tmp_path, changed, said):
    """Else it would be found while the bus runs, by a telephone that nobody has."""
    given = ANSWERED | changed
    case = json.loads(scenario("late-answer-2007").model_dump_json(exclude_none=True, exclude_defaults=True))
    step = {"id": "late", "after": 1, "body": "mia", "comment": case["title"]} | {
        name: value for name, value in given.items() if name != "duty" and value is not None
    }
    case["steps"] = [case["steps"][0] | {"rings": []}, step]
    case["duty"] = given["duty"]
    file = tmp_path / "own.yaml"
    file.write_text(json.dumps(case), encoding="utf-8")
    if said is None:
        assert read_scenario(file).steps[1].later_min == 15
        return
    with pytest.raises(ScenarioFileError, match=said):
        read_scenario(file)


def test_a_slip_must_stand_in_the_event_once():
    """A slip that changes nothing would be published as a good event, and nobody would be in quarantine."""
    step = scenario("min-kush-2024").steps[1]
    script = Script(scenario("min-kush-2024"), "t")
    lost = step.model_copy(update={"slip": step.slip.model_copy(update={"right": "not there"})})
    with pytest.raises(ValueError, match="0 times"):
        script.write(lost, NOW)


@pytest.mark.parametrize("station", stations(), ids=lambda station: station.name)
@pytest.mark.parametrize("deviation", [-1, 0, 1])
def test_routine_readings_reach_those_named(engine, station, deviation):
    """Monitoring is counted by the same check: its expectations must be right at both ends of the range."""
    event = parse_event(station.reading(NOW, deviation))
    decision = engine.route(event).decision
    assert {each.body: each.role.code for each in decision.recipients} == station.told.roles()
    assert not decision.partners


class FakeStage:
    """Takes everything, and says what came."""

    def __init__(self):
        self.events = []

    async def publish(self, body, _system, _value, event_id):
        self.events.append((body, event_id))


async def test_a_play_keeps_the_order_and_divides_the_pauses():
    """`--speed 2` halves every pause; the next report waits until the bus is done with the one before."""
    pauses, told = [], []
    script = Script(scenario("min-kush-2024"), "t")

    async def sleep(seconds):
        pauses.append(seconds)

    async def perform(step):
        await asyncio.sleep(0)
        told.append(f"done {step.id}")

    await play(script, speed=2, before=lambda step: told.append(f"before {step.id}"), perform=perform, sleep=sleep)
    assert told == [text for step in script.scenario.steps for text in (f"before {step.id}", f"done {step.id}")]
    assert pauses == [step.after / 2 for step in script.scenario.steps]


async def test_a_stopped_routine_has_told_of_every_reading():
    """What was published and not counted would look like an alert too many."""
    stage, counted, enough = FakeStage(), [], asyncio.Event()

    def published(station, alerts):
        counted.append(next(iter(alerts)).id)
        enough.set()

    routine = asyncio.create_task(measure(stage, "t", published))
    await enough.wait()
    routine.cancel()
    await asyncio.wait({routine})
    assert routine.cancelled()
    assert sorted(counted) == sorted(identifier for _, identifier in stage.events)


async def test_a_station_that_cannot_publish_ends_the_routine_with_its_reason():
    """A demo whose monitoring died in silence would show an empty panel and call it well."""

    class Broken(FakeStage):
        async def publish(self, *_):
            raise ConnectionError("no broker")

    with pytest.raises(ConnectionError):
        await measure(Broken(), "t", lambda *_: None)
