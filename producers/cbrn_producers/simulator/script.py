"""From a step to what is published: its event with times shifted to now, its name in this run, what must come of it.

Pure: whoever plays gives the time and the run's tag, which keeps two plays on one bus apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_schemas.records import ALARM_SOURCE, quarantine_id, rfc3339

if TYPE_CHECKING:
    from cbrn_producers.simulator.scenario import Scenario, Step


class Alerted(NamedTuple):
    """One alert that must arrive: who gets which event on which stream."""

    body: str
    stream: str
    """`alerts` or `monitoring`; `outbound` for a copy that waits for release to a partner."""
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Published:
    """A step that the broker has acknowledged."""

    step: Step
    id: str
    source: str
    value: bytes
    topic: str
    partition: int
    offset: int
    acknowledged_ms: int
    """Timestamp of the record, which the broker gave it; milliseconds since 1970."""

    @property
    def quarantine_id(self) -> str:
        """Its name in quarantine, should it get there."""
        return quarantine_id(self.topic, self.partition, self.offset)

    @property
    def watched(self) -> tuple[str, str]:
        """Source and id of the alerts that must come of it: the event's own, or those of the alarm about it."""
        return (self.source, self.id) if self.step.quarantined is None else (ALARM_SOURCE, self.quarantine_id)

    def expected(self) -> dict[Alerted, str]:
        """Return the alerts that must come of it, with their roles: those of the event, or of the alarm about it."""
        stream = self.step.lane.delivery
        source, identifier = self.watched
        return {Alerted(body, stream, source, identifier): role for body, role in self.step.told.roles().items()} | {
            Alerted(partner, "outbound", source, identifier): "inform" for partner in self.step.partners
        }


@dataclass(slots=True)
class Script:
    """One run of a scenario: what each step's event is called, and its bytes."""

    scenario: Scenario
    tag: str
    _values: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)

    def event_id(self, step: str) -> str:
        """Return the id of a step's event in this run."""
        return f"{self.scenario.name}:{step}:{self.tag}"

    def situation(self, step: Step) -> str:
        """Return the name of a step's situation in this run."""
        assert step.event is not None
        return f"{step.event['situation']}-{self.tag}"

    def write(self, step: Step, now: datetime) -> tuple[str, str, bytes]:
        """Write what the step publishes, as id, source and bytes; a resent one is the same as before."""
        if step.resend is not None:
            return self._values[step.resend]
        source = f"/{step.body}" if step.system is None else f"/{step.body}/{step.system}"
        text = json.dumps(self._event(step, now), ensure_ascii=False)
        if step.slip is not None:
            text = step.slip.made_in(text)
        written = self._values[step.id] = (self.event_id(step.id), source, text.encode())
        return written

    def _event(self, step: Step, now: datetime) -> dict[str, Any]:
        assert step.event is not None
        content = dict(step.event)
        if "situation" in content:
            content["situation"] = self.situation(step)
            content["references"] = [self.event_id(name) for name in content.get("references", ())]
        return {
            "kind": content.pop("kind"),
            "body": step.body,
            "observed": rfc3339(now - timedelta(minutes=step.seen_min)),
            "reported": rfc3339(now),
            **content,
        }
