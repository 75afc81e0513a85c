"""An overview in the reader's language: headed sections of labelled rows, what one acts on first. Pure.

Where a later message does not repeat a fact, the last that was said of it stays, with its time: an update that is
silent about the injured has not healed them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.situation.beside import other_rows
from cbrn_consumers.situation.rows import Row, Section, Weight
from cbrn_consumers.situation.telling import change_texts, duty_rows, reason_rows
from cbrn_schemas.catalogue.naming import body_name, place_name, site_name, words_of
from cbrn_schemas.catalogue.places import district, facility
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import ago, amount, countdown, local_time
from cbrn_schemas.details import details
from cbrn_schemas.marks import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cbrn_consumers.situation.overview import Overview
    from cbrn_consumers.standing import PartyStanding
    from cbrn_schemas.events.base import Language, Text

MOMENT: Final = "%d.%m %H:%M"
ANSWERS_SHOWN: Final = 5
"""Answers of the body itself: the latest; `cbrn standing` shows where it stands by all of them."""
PEOPLE: Final = (
    *("dead", "injured", "patients", "hospitalised", "cases", "suspected", "confirmed", "zone", "exposed"),
    *("exposed_places", "near", "evacuated", "persons_exposed", "persons_contaminated", "people_in_contact"),
    *("contacts", "symptoms", "died", "sick"),
)
DANGER: Final = (
    *("substances", "nuclides", "sources", "agent", "organism", "material", "cargo", "waste", "further_hazards"),
    *("wind_from_deg", "wind_speed_m_s", "wind_height_m", "measurements", "reading", "released", "ongoing", "burning"),
    *("release", "medium", "medium_exact", "volume_m3", "mass_kg", "ines_level", "emergency_class"),
)
WHERE: Final = ("spot", "further_districts", "reached_river", "river", "intake_closed")
CALL: Final = ("contact", "operator", "unit")
WHAT: Final = ("verified", "identified", "deliberate", "emergency")


class _Known(NamedTuple):
    """What is known of a field, and since when where the latest message does not say it."""

    label: str
    text: str
    said: datetime | None


def sections(overview: Overview, lang: Language) -> tuple[Section, ...]:
    """Lay it out; what has nothing to say is left out."""
    sheet = _Sheet(overview, lang)
    every = {
        "answer": sheet.answer(),
        "to-do": sheet.to_do(),
        "others": other_rows(overview.others, overview.body, overview.at, lang),
        "call": sheet.call(),
        "what": sheet.what(),
        "where": sheet.where(),
        "people": sheet.fields(PEOPLE),
        "danger": sheet.fields(DANGER),
        "more": sheet.more(),
        "updates": sheet.updates(),
        "duties": duty_rows(overview, lang),
        "why" if overview.body else "why-all": reason_rows(overview, lang),
    }
    laid = ((code, tuple(rows)) for code, rows in every.items())
    return tuple(Section(code, word("section", code, lang), rows) for code, rows in laid if rows)


class _Sheet:
    def __init__(self, overview: Overview, lang: Language) -> None:
        self._of = overview
        self._lang: Language = lang

    def answer(self) -> Iterator[Row]:
        """Say by when an answer is wanted, from whom, and what was answered."""
        of, own = self._of, self._of.own
        if own is None:
            yield from self._answers()
            return
        role = "" if own.role is None else word("role", own.role, self._lang)
        state = word("standing", own.state(of.at), self._lang)
        ask, late = own.open_ask, own.missing(of.at)
        if ask is not None:
            due = f"{self._moment(ask.due)} · {countdown(ask.due, of.at, self._lang)}"
            yield Row(self._ui("deadline"), due, Weight.ALARM if late else Weight.STRONG)
        elif not own.asks or own.asks[-1].withdrawn is not None:
            yield Row(self._ui("deadline"), self._ui("no-answer-needed"), Weight.QUIET)
        yield Row(self._ui("our-role"), " · ".join(filter(None, (role, state))), Weight.STRONG)
        if own.holder:
            yield Row(self._ui("in-hand-of"), own.holder)
        for each in own.answers[-ANSWERS_SHOWN:]:
            receipt = each.receipt
            parts = (word("act", receipt.act, self._lang), receipt.by, receipt.to, receipt.reason, receipt.text)
            yield Row(self._moment(each.at), " · ".join(filter(None, parts)))
        if ask is not None and ask.changed:
            said = "; ".join(change.text(self._lang) for change in ask.changed)
            yield Row(self._ui("answer-anew"), said, Weight.STRONG)
        if of.alert.level:
            yield Row(self._ui("warning"), word("news", "escalation", self._lang), Weight.ALARM)

    def _answers(self) -> Iterator[Row]:
        of, standing = self._of, self._of.standing
        late, waiting = standing.missing(of.at), standing.waiting()
        for code, parties, weight in (
            ("missing-answers", late, Weight.ALARM),
            ("awaited", tuple(party for party in waiting if party not in late), Weight.STRONG),
        ):
            if parties:
                yield Row(self._ui(code), self._waited_for(parties), weight)
        if standing.asked:
            yield Row(self._ui("answered"), f"{len(standing.answered)}/{len(standing.asked)}")

    def _waited_for(self, parties: Iterable[PartyStanding]) -> str:
        """Name them by their deadline: «MoH, MIA (late 9 min); MES (in 3 min)»."""
        by_due: dict[str, list[str]] = {}
        for party in parties:
            ask = party.open_ask
            assert ask is not None, "who is waited for is asked"
            by_due.setdefault(countdown(ask.due, self._of.at, self._lang), []).append(body_name(party.body, self._lang))
        return "; ".join(f"{', '.join(names)} ({due})" for due, names in by_due.items())

    def to_do(self) -> Iterator[Row]:
        """Say what the publisher wants done: the latest instruction, with its time where it is not of the latest."""
        if self._of.standing.ended and self._text().instruction is None:
            return
        for version in reversed(self._of.versions):
            text, original = _text_in(version.event.texts, self._lang) if version.event else (None, "")
            if text is None or text.instruction is None:
                continue
            said = "" if version is self._of.versions[-1] else f" · {self._said(version.told.at)}"
            yield Row("", f"{self._original(original)}{_one_line(text.instruction)}{said}", Weight.STRONG)
            return
        yield Row("", self._ui("no-instruction"), Weight.QUIET)

    def call(self) -> Iterator[Row]:
        """Say whom to call back, and who says so."""
        yield from self.fields(CALL)
        event, runs = self._of.event, self._of.place.operator
        if runs is not None and "operator" not in self._known:
            yield Row(word("place", "operator", self._lang), body_name(runs, self._lang))
        by = f" ({event.reporter})" if event.reporter else ""
        yield Row(self._ui("from"), f"{body_name(event.body, self._lang)}{by}")
        if self._of.alert.signed_by:
            yield Row(self._ui("signed-with"), self._of.alert.signed_by)

    def what(self) -> Iterator[Row]:
        """Say what happened, since when, how bad, how sure."""
        of, event = self._of, self._of.event
        text = self._text()
        _, original = _text_in(event.texts, self._lang)
        if text.description:
            yield Row("", f"{self._original(original)}{_one_line(text.description)}")
        yield Row(self._ui("kind"), word("kind", event.kind, self._lang))
        for code, at in (("clock-of", event.observed), ("reported", event.reported)):
            yield Row(self._ui(code), f"{self._moment(at)} · {ago(at, of.at, self._lang)}")
        worst = word("severity", event.severity, self._lang)
        rated = [
            f"{word('field', name, self._lang)}: {word(name, getattr(event, name), self._lang)}"
            for name in ("urgency", "certainty")
            if getattr(event, name) != "Unknown"
        ]
        yield Row(self._ui("severity"), " · ".join((worst, *rated)))
        yield from self.fields(WHAT)
        if of.alert.warnings:
            yield Row(self._ui("warnings"), words_of("doubt", of.alert.warnings, self._lang), Weight.STRONG)

    def where(self) -> Iterator[Row]:
        """Say where: district, site with its distance, point, and where its water goes."""
        of, place, where = self._of, self._of.place, self._of.event.where
        yield Row(self._ui("place"), self._place(of.alert.place))
        if place.facility is not None:
            yield Row(self._ui("site"), site_name(facility(place.facility), place.facility_km, self._lang))
        elif of.near is not None:
            yield Row(word("place", "nearest-site", self._lang), site_name(*of.near, self._lang))
        if where.point is not None:
            # With a decimal point in every language: it is typed into a map.
            point = f"{round(where.point.lat, 4)}, {round(where.point.lon, 4)}"
            sure = where.point.accuracy_m
            yield Row(
                self._ui("point"), point if sure is None else f"{point} (± {amount(round(sure), 'm', self._lang)})"
            )
        if place.border:
            yield Row(self._ui("border"), word("place", "border-crossing", self._lang))
        for code, countries in (("neighbours", place.neighbours), ("downstream", place.downstream)):
            if countries:
                named = ", ".join(place_name(country, self._lang) for country in sorted(countries))
                yield Row(self._ui(code), named)
        yield from self.fields(WHERE)

    def fields(self, names: tuple[str, ...]) -> Iterator[Row]:
        """Say what is known of these fields of the event, in their order."""
        for name in names:
            if name in self._known:
                yield self._row(self._known[name])

    def more(self) -> Iterator[Row]:
        """Say whatever else the event says: nothing of it is kept back."""
        placed = {*PEOPLE, *DANGER, *WHERE, *CALL, *WHAT, "urgency", "certainty"}
        yield from (self._row(known) for name, known in self._known.items() if name not in placed)

    def updates(self) -> Iterator[Row]:
        """Say what each message was and changed, the newest first."""
        versions = self._of.versions
        if len(versions) == 1:
            return
        for before, version in reversed(list(zip((None, *versions), versions, strict=False))):
            told = version.told
            said = f"{body_name(told.publisher, self._lang)}: {told.headline(self._lang)}"
            yield Row(self._moment(told.at), marked(said, told, self._lang))
            if before is not None and (changed := change_texts(before, version, self._lang)):
                yield Row("", "; ".join(changed), Weight.STRONG)

    @cached_property
    def _known(self) -> dict[str, _Known]:
        """What is known by field: of the latest message that says something of it."""
        found: dict[str, _Known] = {}
        for version in reversed(self._of.versions):
            if version.event is None:
                continue
            said = None if version is self._of.versions[-1] else version.told.at
            for one in details(version.event, self._lang):
                found.setdefault(one.field, _Known(one.label, one.text, said))
        return found

    def _row(self, known: _Known) -> Row:
        if known.said is None:
            return Row(known.label, known.text)
        return Row(known.label, f"{known.text} · {self._said(known.said)}", Weight.QUIET)

    def _text(self) -> Text:
        text, _ = _text_in(self._of.event.texts, self._lang)
        assert text is not None, "an incident has a text"
        return text

    def _original(self, lang: str) -> str:
        if not lang:
            return ""
        return f"[{self._ui('original')}: {word('language', lang, self._lang)}] "

    def _place(self, code: str) -> str:
        name = place_name(code, self._lang)
        region = district(code).region if code.isdigit() and name != code else None
        return (
            f"{name}, {place_name(region, self._lang)}" if region and place_name(region, self._lang) != name else name
        )

    def _said(self, at: datetime) -> str:
        return self._ui("said-at").format(self._moment(at))

    def _moment(self, moment: datetime) -> str:
        return local_time(moment, MOMENT)

    def _ui(self, code: str) -> str:
        return word("ui", code, self._lang)


def _text_in(texts: dict[Language, Text], lang: Language) -> tuple[Text | None, str]:
    """Find the text in a language, else in one that there is, with that one's code."""
    if lang in texts:
        return texts[lang], ""
    return next(((text, other) for other, text in texts.items()), (None, ""))


def _one_line(prose: str) -> str:
    """Put text of several lines on one: a screen folds it by its own width."""
    return " ".join(prose.split())
