"""Duties on a real broker: an event raises them, the clerk drafts, persons release, an alarm goes out once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, ProducerFenced
from tests.builders.command_line import CliRunner
from tests.builders.duties_bus import ENC, NOW, PEOPLE, THEFT, Bench, until
from tests.builders.golden import EXAMPLES

from cbrn_consumers.duties import Clerk, answer, release
from cbrn_consumers.errors import DutyRefusedError, SecondKeeperError
from cbrn_deploy.cli.main import app
from cbrn_routing.activation import PrivateKey, Signer, trust_lines
from cbrn_routing.bus import clock as clock_module
from cbrn_routing.bus import write as writing
from cbrn_routing.bus.clock import ClockError
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.write import only_writer
from cbrn_routing.duties import State
from cbrn_routing.signing.releases import ReleaseStatement, sign
from cbrn_schemas.duty import OverdueAlarm, Released
from cbrn_schemas.topics import bus_topic

pytestmark = pytest.mark.broker


@pytest.fixture
async def bench(realm_of, tmp_path):
    return Bench(await realm_of("mes", "mnrets", "moh", "moh-ses", "scns"), tmp_path / "trusted.toml")


async def test_a_duty_goes_from_the_event_to_the_answer(bench):
    """Raised by the router, drafted by the clerk, released by a person, answered: each step is on record."""
    await bench.publish("e-1")
    assert (await bench.duty()).state is State.RAISED
    await bench.worked()
    state = await bench.duty()
    assert state.state is State.DRAFTED
    assert "Mailuu-Suu" in state.draft.texts["en"]
    assert "EXERCISE" in state.draft.texts["en"]
    released = await bench.release("A. Asanova")
    assert released.state is State.RELEASED
    async with bench.clerk():
        await answer(bench.settings, ENC, bench.person("A. Asanova"), now=NOW, note="IAEA confirmed receipt")
    state = await bench.duty()
    assert state.state is State.ANSWERED
    assert [str(each.signer) for each in state.released] == ["A. Asanova (mes)"]
    assert [str(each.signer) for each in state.answered] == ["A. Asanova (mes)"]
    assert not await bench.alarms("mnrets"), "it was released in time"


async def test_an_overdue_duty_alarms_once_across_restarts(bench):
    """The body that answers for it and the crisis centre are told once, whoever restarts and however often."""
    await bench.publish("e-1")
    await bench.worked()
    assert not await bench.alarms("mes")
    bench.now = NOW + timedelta(hours=2)  # past the reminder for «forthwith», before the 48 hours of annex 2
    for _ in range(3):
        await bench.worked()
    for body in ("mes", "mnrets"):
        (alarm,) = await bench.alarms(body)
        assert isinstance(alarm.event, OverdueAlarm)
        assert (alarm.event.duty, alarm.event.limit) == (ENC, "target")
        assert "the text has no hour" in alarm.event.message
    bench.now = NOW + timedelta(hours=49)
    await bench.worked()
    await bench.worked()
    assert [alarm.event.framework for alarm in await bench.alarms("mes")] == ["enc", "ihr"]
    assert [alarm.event.framework for alarm in await bench.alarms("moh")] == ["ihr"]
    assert (await bench.alarms("moh"))[0].event.limit == "law"


async def test_an_update_redrafts_and_leaves_the_clock(bench):
    """New facts belong into the draft; the time already lost is lost."""
    await bench.publish("e-1")
    await bench.worked()
    first = await bench.duty()
    bench.now = NOW + timedelta(minutes=30)
    await bench.publish("e-2", message_type="Update", reported="2026-11-23T06:25:00Z", volume_m3=300_000)
    await bench.worked()
    second = await bench.duty()
    assert second.duty.target == first.duty.target
    assert "300 000 m³" in second.draft.texts["en"]
    assert len(second.evidence) == 2


async def test_a_cancellation_is_noted_and_the_duty_stays(bench):
    """What was told abroad in the meantime must be taken back by a person, not forgotten."""
    await bench.publish("e-1")
    await bench.publish("e-2", message_type="Cancel", reported="2026-11-23T05:55:00Z")
    await bench.worked()
    state = await bench.duty()
    assert state.cancelled
    assert state.open
    assert "withdraws" in state.draft.texts["en"]


async def test_a_clerk_whose_clock_is_wrong_reminds_nobody_and_ends(bench, monkeypatch):
    """A machine two hours ahead would tell bodies of deadlines that have not passed, and it cannot be taken back."""
    await bench.publish("e-1")
    await bench.worked()
    bench.now, true = NOW + timedelta(hours=2), clock_module.now_ms
    monkeypatch.setattr("cbrn_consumers.keeping.now_ms", lambda: true() + 2 * 3_600_000)
    clerk = Clerk(bench.settings, clock=lambda: bench.now)
    with pytest.raises(ClockError, match=r"clock is (1:59:5\d|2:00:0\d) ahead of the broker's") as caught:
        await asyncio.wait_for(clerk.run(), 30)
    assert "nobody is reminded" in caught.value.hint
    assert not clerk.ready.is_set()
    assert not await bench.alarms("mes")
    assert not (await bench.duty()).alarms
    monkeypatch.setattr("cbrn_consumers.keeping.now_ms", true)
    await bench.worked()
    assert [alarm.event.duty for alarm in await bench.alarms("mes")] == [ENC], "with the right clock it goes on"


async def test_a_second_clerk_takes_over_and_the_first_ends(bench):
    """Two clerks would draft and alarm twice: the broker lets only the younger write."""
    await bench.publish("e-1")
    async with bench.clerk() as younger:
        pass
    older = Clerk(bench.settings, clock=lambda: bench.now)
    running = asyncio.create_task(older.run())
    async with asyncio.timeout(30):
        await older.ready.wait()
    async with bench.clerk() as younger:
        await bench.publish("e-2", situation="KG-2026-other")
        with pytest.raises(SecondKeeperError):
            await asyncio.wait_for(running, 20)
        async with asyncio.timeout(20):
            while "KG-2026-other/enc-tailings" not in younger.log.states:  # noqa: ASYNC110 - the broker has no event
                await asyncio.sleep(0.05)
    state = await bench.duty("KG-2026-other/enc-tailings")
    assert state.state is State.DRAFTED


async def test_the_same_person_releases_once(bench):
    """A second click is not a second person."""
    await bench.publish("e-1")
    await bench.worked()
    await bench.release("A. Asanova")
    with pytest.raises(DutyRefusedError, match="released already"):
        await bench.release("B. Bekov")


async def test_who_has_no_trust_file_is_told_that_nothing_counts(bench, monkeypatch, tmp_path):
    """List, read the draft, record a release and an answer: they are on record, and the duty stays open everywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", bench.settings.bootstrap_servers)
    monkeypatch.setenv("CBRN_REALM", str(bench.settings.realm))
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)

    async def cbrn(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    await bench.publish("e-1")
    await bench.worked()
    listed = [json.loads(line) for line in (await cbrn("duties", "list", "--json")).stdout.splitlines()]
    assert ENC in {duty["id"] for duty in listed}
    mine = [
        json.loads(line)["id"] for line in (await cbrn("duties", "list", "--body", "moh", "--json")).stdout.splitlines()
    ]
    assert mine == ["KG-2026-dam/ihr-assess"]
    table = (await cbrn("duties", "list", "--lang", "ru")).stdout
    assert "МАГАТЭ" in table
    shown = (await cbrn("duties", "show", ENC, "--lang", "ky")).stdout
    assert "Өзбекстан" in shown
    assert "EARLY NOTIFICATION" in (await cbrn("duties", "show", ENC, "--draft", "en")).stdout
    digest = json.loads((await cbrn("duties", "show", ENC, "--json")).stdout)["draft_digest"]
    assert (await cbrn("duties", "release", ENC, "--by", " ")).exit_code == 2
    missing = await cbrn("duties", "release", ENC, "--by", "A. Asanova")
    assert (missing.exit_code, "for which body" in missing.stderr) == (2, True)
    monkeypatch.setenv("CBRN_BODY", "mes")
    stale = await cbrn("duties", "release", ENC, "--by", "A. Asanova", "--draft", "0000")
    assert (stale.exit_code, "read the new draft" in stale.stderr) == (1, True)
    signers = bench.settings.rulebook_signers
    bench.settings = bench.settings.model_copy(update={"rulebook_signers": None})  # the clerk has none either
    async with bench.clerk():
        done = await cbrn("duties", "release", ENC, "--by", "A. Asanova", "--draft", digest[:12])
        answered = await cbrn("duties", "answer", ENC, "--by", "B. B", "--note", "received", "--json")
    assert (done.exit_code, answered.exit_code) == (1, 1), "what was asked for has not come about"
    assert "on record in the name of A. Asanova (mes), and it counts with nobody" in done.stderr
    assert "stays «drafted»" in done.stderr
    assert "Missing: a signature by keys of the trust file" in done.stderr
    assert "has released" not in done.stdout
    told = json_of(answered)
    assert (told["state"], told["released"], told["answered"]) == ("drafted", [], [])
    assert [(one["by"], one["why"]) for one in told["unverified"]] == [
        ("A. Asanova (mes)", "no-trust-file"),
        ("B. B (mes)", "no-trust-file"),
    ]
    listed = (await cbrn("duties", "list")).stdout
    assert ENC in listed
    assert "«released»: «A. Asanova (mes)», unverified" in listed
    shown = (await cbrn("duties", "show", ENC)).stdout
    assert "«released»: «A. Asanova (mes)», unverified (this machine has no trust file)" in shown
    known = await cbrn("duties", "show", ENC, "--signers", str(signers))
    assert "«released»: «A. Asanova (mes)», unverified (a name alone, not signed)" in known.stdout
    assert (await cbrn("duties", "show", "nonsense")).exit_code == 1


def json_of(answer):
    """The one line of JSON, between what the clerk of the same process logs."""
    (line,) = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    return json.loads(line)


async def test_the_clerk_alarms_whoever_claims_a_release(bench):
    """Two invented names, garbage under two good keys, a leaver's back-dated record: none silences the alarm."""
    leaver = PrivateKey.generate()
    lines = trust_lines(Signer("L. Left", "mes", leaver.public)) + "valid_until = 2026-01-31\n"
    signers = bench.settings.rulebook_signers
    signers.write_text(signers.read_text() + "\n" + lines)
    await bench.publish("e-1")
    await bench.worked()
    digest = (await bench.duty()).draft.digest
    before = datetime(2026, 1, 15, tzinfo=UTC)
    statement = ReleaseStatement(bench.settings.realm, ENC, digest)
    garbage = PrivateKey.generate().sign(statement)
    claims = [Released(id=ENC, at=NOW, by=name, digest=digest) for name in ("X. Invented", "Y. Invented")]
    claims += [
        Released(id=ENC, at=NOW, by=name, digest=digest, key=key.public, signature=garbage)
        for name, key in bench.keys.items()
    ]
    key, signature = sign(leaver, statement)
    claims.append(Released(id=ENC, at=before, by="L. Left (mes)", digest=digest, key=key, signature=signature))
    await bench.write(*claims)
    state = await bench.duty()
    assert state.state is State.DRAFTED
    assert [each.why.value for each in state.unverified].count("not-valid-then") == 1
    assert len(state.unverified) == 5
    bench.now = NOW + timedelta(hours=2)
    await bench.worked()
    assert [alarm.event.duty for alarm in await bench.alarms("mes")] == [ENC]


async def test_a_release_counts_with_the_clerk_as_soon_as_it_has_the_trust_file(bench):
    """It is read anew while the clerk runs; one that cannot be read leaves the former in force."""
    signers = bench.settings.rulebook_signers
    trust = signers.read_text()
    signers.write_text("")
    await bench.publish("e-1")
    await bench.worked()
    signers.write_text(trust)
    await bench.release("A. Asanova")
    signers.write_text("")
    async with bench.clerk() as clerk:
        assert clerk.log.states[ENC].state is State.DRAFTED
        signers.write_text(trust)
        await until(lambda: clerk.log.states[ENC].state is State.RELEASED)
        signers.write_text("[[signer")
        bench.now = NOW + timedelta(hours=2)
        await bench.publish("e-2", situation="KG-2026-other")
        await until(lambda: "target" in clerk.log.states["KG-2026-other/enc-tailings"].alarms)
        assert clerk.log.states[ENC].state is State.RELEASED
    assert [alarm.event.duty for alarm in await bench.alarms("mes")] == ["KG-2026-other/enc-tailings"]


async def test_two_officers_sign_with_their_keys(bench, monkeypatch, tmp_path):
    """Where the machine has a trust file a name is not enough, and one key is one person."""
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", bench.settings.bootstrap_servers)
    monkeypatch.setenv("CBRN_REALM", str(bench.settings.realm))
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    keys = {name: PrivateKey.generate() for name in ("Asanova", "Bekov", "Stranger")}
    for name, key in keys.items():
        (tmp_path / f"{name}.pem").write_bytes(key.to_pem(None))
    lines = [trust_lines(Signer(name, "scns", keys[name].public)) for name in ("Asanova", "Bekov")]
    bench.settings.rulebook_signers.write_text("\n".join(lines))
    monkeypatch.setenv("CBRN_RULEBOOK_SIGNERS", str(bench.settings.rulebook_signers))

    async def cbrn(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    async def release_by(name):
        return await cbrn("duties", "release", THEFT, "--key", str(tmp_path / f"{name}.pem"))

    stolen = json.loads((EXAMPLES / "lost-source.json").read_text(encoding="utf-8"))
    times = {"observed": "2026-11-23T05:40:00Z", "reported": "2026-11-23T05:50:00Z"}
    theft = stolen | {"body": "mes", "status": "Exercise", "situation": "KG-2026-theft", "stolen": True} | times
    await bench.publish("e-1", data=theft)
    await bench.worked()
    assert (await cbrn("duties", "release", THEFT, "--by", "Asanova")).exit_code == 2
    assert (await release_by("Stranger")).exit_code == 2
    async with bench.clerk():
        first = await release_by("Asanova")
        assert (first.exit_code, "1 of 2" in first.stdout) == (0, True), first.output
        assert (await release_by("Asanova")).exit_code == 1
        assert (await bench.duty(THEFT)).state is State.RELEASED_BY_ONE
        assert (await release_by("Bekov")).exit_code == 0
    assert (await bench.duty(THEFT)).state is State.RELEASED
    shown = (await cbrn("duties", "show", THEFT)).stdout
    assert "released, signed, Bekov (scns)" in shown
    arguments = ("--key", str(tmp_path / "Bekov.pem"), "--note", "received", "--json")
    async with bench.clerk():
        told = await cbrn("duties", "answer", THEFT, *arguments)
    (answered,) = json_of(told)["answered"]
    assert (answered["signer"], bool(answered["signature"])) == ("Bekov (scns)", True)
    assert (await bench.duty(THEFT)).state is State.ANSWERED
    assert "answered, signed, Bekov (scns): received" in (await cbrn("duties", "show", THEFT)).stdout
    assert "RESTRICTED" in (await cbrn("duties", "show", THEFT, "--draft", "en")).stdout


async def test_a_later_report_asks_for_a_supplement(bench):
    """What was told is not the end: the all-clear has to be told, too."""
    await bench.publish("e-1")
    await bench.worked()
    await bench.release("A. Asanova")
    await bench.publish("e-2", message_type="Cancel", reported="2026-11-23T05:55:00Z")
    await bench.worked()
    state = await bench.duty()
    assert state.superseded
    assert state.drafted_all
    done = await bench.release("A. Asanova", now=NOW + timedelta(minutes=5))
    assert not done.superseded


async def test_a_clerk_goes_on_when_its_broker_was_away(bench, kafka):
    """It ended, told to look at address and password; nobody drafted or reminded until somebody started it again."""
    async with bench.clerk() as clerk:
        await asyncio.to_thread(kafka.kill_broker, 1)
        await asyncio.to_thread(kafka.start_broker, 1)
        await bench.publish("e-1")
        await until(lambda: any(state.drafted_all for state in clerk.log.known))
        assert clerk.ready.is_set()


async def test_an_older_command_that_decides_while_the_clerk_starts_does_not_end_it(bench, monkeypatch):
    """It was told that another clerk had taken over. Such a command wrote into the log itself."""
    close, decided = writing.close_leftovers, []

    async def decides_now(producer, partitions):
        if not decided:
            decided.append(True)
            async with only_writer(bench.settings, "duties.persons", bus_topic(bench.settings.realm, "duties")):
                pass
        return await close(producer, partitions)

    monkeypatch.setattr(writing, "close_leftovers", decides_now)
    async with bench.clerk() as clerk:
        assert clerk.ready.is_set()
        assert decided


async def test_the_clerk_ends_what_an_older_command_left_open(bench):
    """Persons came and went; what a broker had forgotten of theirs hung until nobody came any more."""
    topic, name = (bus_topic(bench.settings.realm, one) for one in ("duties", "duties.persons"))
    older = AIOKafkaProducer(**bench.settings.connection(), transactional_id=name, transaction_timeout_ms=30_000)
    await older.start()
    try:
        await older.begin_transaction()
        await older.send_and_wait(topic, b"", key=b"hanging", partition=1)
        await bench.worked()
        with pytest.raises(ProducerFenced):
            await older.commit_transaction()
    finally:
        await older.stop()


async def test_a_decision_whose_writing_was_not_answered_is_not_called_unwritten(bench, monkeypatch):
    """It may stand there: whoever decides is told where to look, and not that the address is wrong."""
    await bench.publish("e-1")
    await bench.worked()

    async def unanswered(*_, **__):
        raise KafkaConnectionError

    monkeypatch.setattr(AIOKafkaProducer, "send_and_wait", unanswered)
    with pytest.raises(BrokerUnreachableError, match="did not confirm it") as told:
        await release(bench.settings, ENC, bench.person(PEOPLE[0]), now=NOW)
    assert "`cbrn duties show" in told.value.hint
