"""What a demo comes to: numbers, findings of the check, and what to try next."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cbrn_deploy.cli.demo.board import percentile
from cbrn_schemas.catalogue.bodies import body
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.events import Incident, parse_event
from cbrn_schemas.records import ALARM_SOURCE

if TYPE_CHECKING:
    from cbrn_deploy.cli.demo.board import Board, Story
    from cbrn_deploy.cli.demo.check import Findings
    from cbrn_deploy.cli.demo.screen import Screen
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_producers.simulator import Alerted, Published

LISTED_MAX: Final = 20
"""Findings of one sort that are listed; more are counted."""
FINDINGS: Final = ("missing", "extra", "double", "wrong_role", "wrong_reason", "not_happened")


@dataclass(slots=True)
class Summary:
    """The numbers of one demo. Latencies are milliseconds from the broker's acknowledgement."""

    scenarios: list[str]
    events: int = 0
    alerts: int = 0
    corrections: int = 0
    duplicates: int = 0
    quarantined: int = 0
    held_copies: int = 0
    readings_published: int = 0
    readings_routed: int = 0
    routed_ms: list[int] = field(default_factory=list)
    received_ms: list[int] = field(default_factory=list)
    first_alert_s: float | None = None
    """From the command to the first alert."""
    answers: Counter[str] = field(default_factory=Counter)
    """What was answered, passed on and sent to telephones, in cases that show answers."""
    told: dict[str, Counter[str]] = field(default_factory=dict)
    """For each body how often it was told in which role."""

    def count(self, published: Published, story: Story) -> None:
        """Add one event of the play."""
        self.events += 1
        if published.step.resend is not None:
            self.duplicates += 1
            return
        self.quarantined += story.quarantine is not None
        if story.decision is not None:
            event = parse_event(published.value)
            self.corrections += isinstance(event, Incident) and event.message_type != "Alert"
            self.held_copies += len(story.decision["partners"]) + len(story.decision.get("earlier_partners", ()))
        for receipt in story.receipts:
            self.alerts += 1
            self.routed_ms.append(max(0, receipt.routed_ms - published.acknowledged_ms))
            self.received_ms.append(max(0, receipt.received_ms - published.acknowledged_ms))
            self.told.setdefault(receipt.body, Counter())[receipt.role] += 1

    def readings(self, board: Board) -> None:
        """Take over the numbers of routine monitoring."""
        self.readings_published = sum(board.readings_published.values())
        self.readings_routed = board.readings_routed

    def as_json(self, findings: Findings) -> dict[str, Any]:
        """Return plain values for machines."""
        found = asdict(findings)
        return {
            "scenarios": self.scenarios,
            "exactly_once": findings.clean,
            "expected": findings.expected,
            **{
                sort: [each if isinstance(each, str) else each._asdict() for each in getattr(findings, sort)]
                for sort in FINDINGS
                if sort in found
            },
            "events": self.events,
            "alerts": self.alerts,
            "bodies": sorted(self.told),
            "corrections": self.corrections,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "held_copies": self.held_copies,
            "readings_published": self.readings_published,
            "readings_routed": self.readings_routed,
            "routed_ms": _shares(self.routed_ms),
            "received_ms": _shares(self.received_ms),
            "first_alert_s": self.first_alert_s,
            **self.answers,
        }


def _shares(values: list[int]) -> dict[str, int]:
    return {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}


def show_findings(findings: Findings, screen: Screen) -> None:
    """Show the answer of the check, and every finding by name."""
    say = screen.speech.say
    if findings.clean:
        screen.line(say("check_good", count=findings.expected), "bold green")
        return
    screen.line(say("check_bad"), "bold red")
    for sort in FINDINGS:
        found = getattr(findings, sort)
        for each in found[:LISTED_MAX]:
            screen.line(f"  {say(sort)}: {each if isinstance(each, str) else _alerted(each)}", "red")
        if len(found) > LISTED_MAX:
            screen.line(f"  {say(sort)}: {say('and_more', count=len(found) - LISTED_MAX)}", "red")


def _alerted(alert: Alerted) -> str:
    source = "" if alert.source == ALARM_SOURCE else f"{alert.source} "
    return f"{alert.body} ({alert.stream}) ← {source}{alert.id}"


def show_summary(summary: Summary, screen: Screen) -> None:
    """Show the numbers, and who was told how often."""
    speech = screen.speech
    screen.line()
    screen.rule(speech.say("summary"))
    routed, received = _shares(summary.routed_ms), _shares(summary.received_ms)
    unit = speech.say("ms")
    rows: list[list[Any]] = [
        [summary.events, speech.say("incidents_in")],
        [summary.alerts, speech.say("alerts_out")],
        [len(summary.told), speech.say("bodies_told")],
        [summary.corrections, speech.say("corrections")],
        [summary.duplicates, speech.say("duplicates")],
        [summary.quarantined, speech.say("quarantined")],
        [summary.held_copies, speech.say("held_copies")],
        *([number, speech.say(what)] for what, number in summary.answers.items()),
        [summary.readings_routed, speech.say("readings")],
        [f"{routed['p50']} / {routed['p99']} {unit}", speech.say("latency_routed")],
        [f"{received['p50']} / {received['p99']} {unit}", speech.say("latency_received")],
    ]
    if summary.first_alert_s is not None:
        rows.append([f"{summary.first_alert_s:.1f} {speech.say('s')}", speech.say("first_alert")])
    screen.table(rows, ["", ""])
    screen.line()
    _show_told(summary, screen)


def _show_told(summary: Summary, screen: Screen) -> None:
    """Show who was told how often; on a narrow terminal the three numbers share a column."""
    speech = screen.speech
    roles = [speech.say(key) for key in ("leads", "supports", "informed")]
    rows = _told_rows(summary, speech)
    if screen.wide:
        screen.table(rows, [speech.say("body"), *roles, speech.say("full_name")])
        return
    screen.line(f"  {' / '.join(roles)}", "dim")
    screen.table(
        [["/".join(str(number or 0) for number in row[1:4]), f"{row[0]} — {row[4]}"] for row in rows], ["", ""]
    )


def _told_rows(summary: Summary, speech: Speech) -> list[list[Any]]:
    order = sorted(summary.told.items(), key=lambda item: (-item[1]["lead"], -item[1]["support"], item[0]))
    return [
        [
            body_name(code, speech.lang),
            *(roles[role] or "" for role in ("lead", "support", "inform")),
            body(code).name(speech.lang),
        ]
        for code, roles in order
    ]
