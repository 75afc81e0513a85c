"""Who is asked in another's place, because that one has not answered: what is asked, and what was answered. Pure.

A body that was never told of a situation knows of it what the watch's alarm says; its answers count there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from cbrn_consumers.desk.store.finding import LANGUAGES, found_by_name
from cbrn_consumers.desk.store.shown import Party, Row
from cbrn_consumers.standing import ANSWERS, State
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.desk.store.database import Whose
    from cbrn_consumers.standing import Answer, SituationStanding
    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.unanswered import Unanswered


class InPlace(NamedTuple):
    """What the watch asks of one body in others' places. Times are the broker's."""

    body: str
    situation: str
    told: bool
    """Whether the body was told of the situation itself."""
    alarms: tuple[Alert, ...]
    """The latest for each body that has not answered, the oldest first."""
    first: datetime
    given: tuple[Answer, ...]
    """What the body has answered since it was asked, in order."""
    due: datetime | None
    """By when it must answer; None: it has, or it need not any more."""

    @property
    def bodies(self) -> tuple[str, ...]:
        """In whose place."""
        return tuple(said_by(alarm).body for alarm in self.alarms)

    @property
    def closed(self) -> bool:
        """Whether it has closed what it was asked."""
        last = self.given[-1] if self.given else None
        return last is not None and last.receipt.act == "closed" and last.at >= self.alarms[-1].origin.timestamp

    def party(self) -> Party:
        """Return where it stands with that."""
        last = self._last
        return Party(
            body=self.body,
            role=None,
            state=State.ADDRESSED if last is None else State(last.receipt.act),
            since=self.alarms[-1].origin.timestamp if last is None else last.at,
            due=self.due,
            level=self.alarms[-1].level,
            by=None if last is None else last.receipt.to or last.receipt.by,
        )

    def row(self, whose: Whose) -> Row:
        """Return its row of the list, where it was told of nothing else."""
        latest, party, headlines = self.alarms[-1], self.party(), headlines_of(self.alarms[-1])
        alarm = said_by(latest)
        return Row(
            scope=self.body,
            situation=self.situation,
            kind=alarm.kind,
            publisher="",
            message_type="Alert",
            headlines=headlines,
            original_lang="en",
            severity=alarm.severity,
            hazards=(),
            place="",
            region="",
            role=None,
            state=party.state,
            due=self.due,
            asked_since=self.first,
            acknowledged_at=next((one.at for one in self.given if one.receipt.act in ANSWERS), None),
            holder=party.by,
            level=latest.level,
            told_at=self.first,
            updated_at=latest.origin.timestamp,
            version=1,
            changes=(),
            anew=False,
            ended=False,
            ended_by=None,
            ended_at=None,
            closed=self.closed,
            restricted=any(one.restricted for one in self.alarms),
            exercise=latest.exercise or whose.realm is Realm.EXERCISE,
            facts={},
            parties=(),
            in_place_of=self.bodies,
        )

    @property
    def _last(self) -> Answer | None:
        return next((one for one in reversed(self.given) if one.receipt.act in ANSWERS), None)


def in_places(situation: str, read: Read) -> dict[str, InPlace]:
    """Find out by body who is asked in another's place."""
    standing = read.standings.of(situation)
    found: dict[str, list[Alert]] = {}
    for (body, _), alarm in read.passed_on.items():
        if alarm.role == "lead" and said_by(alarm).body != body:
            found.setdefault(body, []).append(alarm)
    return {body: _in_place(situation, body, alarms, read, standing) for body, alarms in sorted(found.items())}


def words_of_alarm(asked: InPlace) -> str:
    """List the words by which it is found."""
    return found_by_name(asked.situation, asked.bodies, headlines_of(asked.alarms[-1]).values())


def said_by(alarm: Alert) -> Unanswered:
    """Return what the watch says."""
    return cast("Unanswered", alarm.event)


def headlines_of(alarm: Alert) -> Mapping[Language, str]:
    """Say what it was about, where that may be said to all; else who has not answered."""
    said = said_by(alarm)
    about = said.headline or {}
    found: dict[Language, str] = {}
    for lang in LANGUAGES:
        title = about.get(lang) or next(iter(about.values()), "")
        found[lang] = f"{word('kind', said.kind, lang)}: {title}" if title else said.headline_in(lang, named=False)
    return found


def _in_place(
    situation: str, body: str, alarms: list[Alert], read: Read, standing: SituationStanding | None
) -> InPlace:
    alarms.sort(key=lambda one: one.origin.timestamp)
    latest = {said_by(alarm).body: alarm for alarm in alarms}
    first = alarms[0].origin.timestamp
    given = tuple(each for each in read.standings.given(situation, body) if each.at >= first)
    open_ones = [
        said_by(alarm).again or said_by(alarm).at for alarm in latest.values() if _open(alarm, given, standing)
    ]
    told = standing is not None and any(party.body == body for party in standing.parties)
    kept = tuple(sorted(latest.values(), key=lambda one: one.origin.timestamp))
    return InPlace(body, situation, told, kept, first, given, min(open_ones, default=None))


def _open(alarm: Alert, given: tuple[Answer, ...], standing: SituationStanding | None) -> bool:
    """Tell whether an answer is still wanted: none was given since, and whoever owed it has not come to it, either."""
    if any(one.receipt.act in ANSWERS and one.at >= alarm.origin.timestamp for one in given):
        return False
    if standing is None:
        return True
    owing = next((party for party in standing.parties if party.body == said_by(alarm).body), None)
    if standing.ended or owing is None:
        return not standing.ended
    if owing.reached in {State.ACCEPTED, State.EN_ROUTE, State.CLOSED}:
        return False
    return said_by(alarm).lacking != "not-acknowledged" or owing.open_ask is not None
