"""The demo's own parts: what it counts, what it shows, what it says. The whole of it runs in `tests/broker`."""

import asyncio
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from rich.console import Console
from tests.builders.command_line import CliRunner
from tests.builders.golden import ROOT
from tests.picture import STEPS, Recorded

from cbrn_deploy.cli.demo.board import Board, Receipt, percentile
from cbrn_deploy.cli.demo.bus import Bus, RouterDiedError
from cbrn_deploy.cli.demo.cards import quarantined_card, repeated_card, routed_card, silent_card
from cbrn_deploy.cli.demo.check import Findings, Found, compare
from cbrn_deploy.cli.demo.invitation import show_next
from cbrn_deploy.cli.demo.screen import Screen
from cbrn_deploy.cli.demo.summary import Summary, show_findings, show_summary
from cbrn_deploy.cli.demo.texts import Speech, sentences
from cbrn_deploy.cli.main import app
from cbrn_producers.simulator import Alerted, Published, Script, scenario, stations
from cbrn_schemas.settings import Settings

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ALERT = Alerted("moh", "alerts", "/mes", "a")
OTHER = Alerted("mia", "alerts", "/mes", "a")
LANGUAGES = ("ky", "ru", "en")
RULE = "transport-accident"


def found(**counts):
    alerts = {"moh": ALERT, "mia": OTHER}
    present = {alerts[name]: count for name, count in counts.items()}
    return Found(Counter(present), {alert: {"lead"} for alert in present})


def published(number, script=None):
    script = script or Script(scenario("min-kush-2024"), "t")
    step = script.scenario.steps[number]
    for before in script.scenario.steps[:number]:
        script.write(before, NOW)
    event_id, source, value = script.write(step, NOW)
    return Published(step, event_id, source, value, f"cbrn.from.{step.body}.incidents", 0, number, 1_000)


def receipt(body, role="inform"):
    return Receipt(body, role, (RULE,), 1_010, 1_030, restricted=False)


def decision(*bodies, earlier=(), partners=()):
    return {
        "topic": "cbrn.from.mes.incidents",
        "recipients": [{"body": body, "role": "support", "rules": [RULE]} for body in bodies],
        "earlier": list(earlier),
        "partners": [{"body": body, "rules": ["river-leaves-the-country"]} for body in partners],
        "doubts": ["place-abroad"],
        "place": "41704230",
        "facets": {"downstream": ["UZ"], "border": True, "neighbours": ["KZ"]},
    }


def screen(lang="en", *, terminal=False, width=100):
    paper = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, markup=False)
    return Screen(Speech(lang), paper)


def shown(made):
    return made.console.file.getvalue()


class TestCheck:
    def test_exactly_once_is_clean(self):
        """The one answer on which the demo may end with status 0."""
        assert compare({ALERT: "lead"}, found(moh=1)).clean

    def test_each_fault_has_its_name(self):
        """Whoever reads the list must know whether to look for a loss, a duplicate or a wrong rule."""
        findings = compare({ALERT: "support"}, found(moh=2, mia=1))
        assert findings == Findings(1, extra=(OTHER,), double=(ALERT,), wrong_role=(ALERT,))
        assert compare({ALERT: "lead"}, found()).missing == (ALERT,)

    def test_a_wrong_reason_is_a_fault(self):
        """The alarm may arrive once and still name the wrong mistake."""
        assert not compare({}, found(), ("a: x",)).clean

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_finding_is_listed_up_to_a_screenful(self, lang):
        """A thousand lines of the same fault would hide the others."""
        made = screen(lang)
        missing = tuple(Alerted("moh", "alerts", "/mes", f"lost-{n}") for n in range(30))
        show_findings(Findings(30, missing=missing, wrong_reason=("b: y",)), made)
        text = shown(made)
        assert "lost-19" in text
        assert "lost-20" not in text
        assert "10" in text
        assert "b: y" in text


class TestBoard:
    async def test_word_may_come_in_any_order(self):
        """An alert can be read before its publisher hears the broker's acknowledgement."""
        board, one = Board(), published(0)
        identity = (one.source, one.id)
        board.story(identity)
        board.received(identity, receipt("moh"))
        board.decided(identity, decision("moh", earlier=["mia"]))
        story = board.story(identity)
        waiting = asyncio.create_task(board.completed(story, 5))
        await asyncio.sleep(0)
        assert not waiting.done()
        board.received(identity, receipt("mia"))
        assert await waiting

    async def test_nobody_waits_for_ever(self):
        """A router that says nothing must not hang the demo."""
        board = Board()
        assert not await board.completed(board.story(("/mes", "a")), 0.01)

    async def test_an_alarm_is_known_by_the_quarantined_record(self):
        """Its id exists only once the broker has given the record its offset."""
        board, slip = Board(), published(1)
        board.set_aside(slip.quarantine_id, {"reason": "not-json"})
        board.received(slip.watched, receipt("mes", "lead"))
        story = board.story(slip.watched)
        story.published = slip
        assert not story.complete
        board.received(slip.watched, receipt("mes-112", "support"))
        assert story.complete

    def test_routine_readings_are_counted_and_not_kept(self):
        """A demo that runs for a day must not grow with every reading."""
        board, station = Board(), stations()[0]
        board.measured(station, ["mes"])
        board.received((f"/{station.body}", "reading"), receipt("mes"))
        board.decided((f"/{station.body}", "reading"), {"topic": "cbrn.from.mes-hydromet.monitoring"})
        assert board.readings_routed == 1
        assert not board.stories

    def test_percentiles_are_measured_values(self):
        """Nearest rank: a p99 that nobody measured would be an invention."""
        assert percentile(list(range(1, 101)), 0.5) == 51
        assert percentile([7], 0.99) == 7
        assert percentile([], 0.99) == 0


def story_of(one, *bodies, **more):
    board = Board()
    story = board.story((one.source, one.id))
    story.published, story.decision = one, decision(*bodies, **more)
    story.receipts += [receipt(body) for body in bodies]
    return story


class TestCards:
    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(("terminal", "width"), [(False, 100), (True, 120), (True, 46)])
    def test_a_card_tells_everything_in_every_width(self, lang, terminal, width):
        """Narrow terminals and logs get the same facts as wide ones."""
        speech, made = Speech(lang), screen(lang, terminal=terminal, width=width)
        one = published(3)
        made.card(routed_card(one, story_of(one, "moh", "mia", partners=["uz"]), {"moh"}, speech))
        flat = re.sub(r"[\s│]+", " ", shown(made))
        for fact in (
            speech.body("moh"),
            speech.body("mia"),
            speech.body("uz"),
            speech.say("restricted")[:0],
            "10",
            "30",
        ):
            assert fact in flat
        assert "{" not in flat

    def test_a_correction_that_missed_somebody_is_red(self):
        """That everybody who got the original is told is the point of the case."""
        speech, one = Speech("en"), published(3)
        card = routed_card(one, story_of(one, "moh"), {"moh", "mia"}, speech)
        assert card.footers[-1].style == "bold red"
        assert "MIA" in card.footers[-1].text

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_a_quarantined_record_shows_its_remedy(self, lang):
        """The reader must learn what the publisher will do next."""
        speech, slip = Speech(lang), published(1)
        story = Board().story(slip.watched)
        story.published = slip
        story.quarantine = {"reason": "not-json", "where": "value", "message": "line 1", "hint": "a point, no comma"}
        story.receipts += [receipt("mes-112", "support"), receipt("mes", "lead")]
        made = screen(lang)
        made.card(quarantined_card(slip, story, speech))
        assert "a point, no comma" in shown(made)
        assert speech.label("reason", "not-json") in shown(made)

    def test_a_duplicate_that_was_told_again_is_red(self):
        """The demo must not praise what went wrong."""
        one, speech = published(0), Speech("en")
        assert repeated_card(one, ["moh"], speech).style == "red"
        assert repeated_card(one, [], speech).style == "blue"

    def test_silence_is_shown(self):
        """Also for a record that nobody can read."""
        assert "15" in silent_card(published(1), 15, Speech("en")).headline

    def test_control_characters_of_a_publisher_are_spelled_out(self):
        """A headline must not be able to clear the screen of who watches."""
        made = screen()
        card = silent_card(published(0), 1, Speech("en"))
        card.headline = "\x1b[2Jgone"
        made.card(card)
        assert "\x1b" not in shown(made)


class TestTexts:
    def test_every_sentence_has_the_same_gaps_in_every_language(self):
        """A gap that one language lacks would fail only for its readers."""
        for key, words in sentences().items():
            gaps = {lang: sorted(re.findall(r"{(\w+)}", words.get(lang))) for lang in LANGUAGES}
            assert gaps["ky"] == gaps["ru"] == gaps["en"], key

    def test_places_are_named_with_their_region(self):
        """Few people outside know in which region a district lies."""
        assert Speech("en").place("41704230") == "Jumgal district, Naryn region"
        assert Speech("en").place("UZ") == "Uzbekistan"

    def test_a_rule_that_the_book_does_not_know_is_shown_by_its_id(self):
        """The router may run a newer book than the screen."""
        assert Speech("en").rule("no-such-rule") == "no-such-rule"
        assert Speech("en").rule("earlier-recipient") == "got the original"

    def test_a_duty_for_which_a_copy_waits_is_shown_by_its_title(self):
        """A body that is owed a notice has its copy held by the duty itself."""
        assert Speech("en").rule("enc-transport") == "Transport accident with radioactive cargo: notify forthwith"


class TestSummary:
    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(("terminal", "width"), [(False, 80), (True, 120), (True, 46)])
    def test_it_counts_and_names(self, lang, terminal, width):
        """The numbers at the end are what a visitor takes home."""
        summary, one = Summary(["min-kush-2024"]), published(3)
        summary.count(one, story_of(one, "moh", "mia", partners=["uz"]))
        summary.count(published(4), story_of(one, "moh"))
        assert (summary.events, summary.alerts, summary.corrections, summary.duplicates) == (2, 2, 1, 1)
        assert summary.held_copies == 1
        made = screen(lang, terminal=terminal, width=width)
        show_summary(summary, made)
        show_next(made, [scenario("barskoon-1998"), scenario("late-answer-2007")], stays=False)
        assert Speech(lang).body("moh") in shown(made)
        for name in ("barskoon-1998", "late-answer-2007"):
            assert f"cbrn demo --scenario {name} --lang {lang}\n" in re.sub(r" *  #", "\n", shown(made))

    def test_json_says_what_failed(self):
        """Machines read the findings by name, not by exit status alone."""
        data = Summary(["x"]).as_json(Findings(1, missing=(ALERT,)))
        assert data["exactly_once"] is False
        assert json.loads(json.dumps(data))["missing"] == [
            {"body": "moh", "stream": "alerts", "source": "/mes", "id": "a"}
        ]


class TestPicture:
    """`docs/demo.svg`, as `uv run python -m tests.picture` draws it."""

    def test_it_fetches_nothing_and_names_no_machine(self):
        """Whoever looks at the README must not be told on to somebody's server."""
        drawn = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
        assert len(drawn) < 150_000
        assert "exactly&#160;once" in drawn
        named = drawn.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("https://www.textualize.io", "")
        assert not re.search(r"https?:|@font-face|url\((?!#)|127\.0\.0\.1|/(home|root|tmp)/", named)

    def test_only_chosen_steps_are_kept(self):
        """A picture of all eight would be four screens high."""
        screen = Recorded("en")
        for number in range(1, 9):
            screen.announce(number, 8, f"step {number}.", Board())
        screen.console.record = True
        kept = screen.console.export_text()
        assert [number for number in range(1, 9) if f"step {number}." in kept] == sorted(STEPS)


class TestCommand:
    @pytest.fixture
    def cbrn(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        return lambda *arguments: CliRunner().invoke(app, ["demo", *arguments])

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_list_names_every_case_and_starts_nothing(self, cbrn, lang):
        """Looking is free."""
        answer = cbrn("--list", "--lang", lang)
        assert answer.exit_code == 0
        assert "min-kush-2024" in answer.output
        assert scenario("barskoon-1998").title.get(lang) in answer.output

    def test_list_for_machines(self, cbrn):
        """Every command that a machine may read has `--json`."""
        assert {"name": "min-kush-2024"}.items() <= json.loads(cbrn("--list", "--json").output)[0].items()

    def test_a_wrong_name_is_refused_before_anything_starts(self, cbrn):
        """Ten seconds of start-up for a typing mistake would be unkind."""
        answer = cbrn("--scenario", "minkush")
        assert answer.exit_code == 2
        assert "min-kush-2024" in answer.output

    def test_a_broken_file_is_refused_before_anything_starts(self, cbrn, tmp_path):
        """The remedy names a file that is right."""
        (tmp_path / "own.yaml").write_text("name: own", encoding="utf-8")
        answer = cbrn("--scenario-file", "own.yaml")
        assert answer.exit_code == 2
        assert "own.yaml" in answer.output


async def test_demo_ends_when_its_broker_does(monkeypatch, tmp_path):
    """It would play on before a dead broker, and report that nobody was told."""
    monkeypatch.setattr("cbrn_deploy.cli.demo.bus.LOOK_EVERY_S", 0)

    class Dead:
        folder = tmp_path

        def news(self):
            return [{"event": "died", "node": 1, "how": "ended (exit status -9)"}]

        def log_tail(self):
            return "why"

    with pytest.raises(RouterDiedError, match="the broker ended: ended") as ended:
        await Bus(Settings(), tmp_path, Dead()).watch_routers()
    assert ended.value.log_tail == "why"
