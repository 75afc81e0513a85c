"""Drafts of what would be told, in English, Russian and Kyrgyz, from the events' own facts and from nothing else.

The forms are templates of ours after what each framework asks for: article 5 of the Early Notification Convention,
annex 2 of the International Health Regulations, WOAH's immediate notification, the early warning of UNECE's industrial
accident notification, and a plain one for the others. A fact that the form does not find is «not known».
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from cbrn_routing.duties.basis import in_words
from cbrn_routing.duties.fold import EVENTS_MAX
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.citing import addressee_name, article_name, source_name
from cbrn_schemas.catalogue.frameworks import framework
from cbrn_schemas.catalogue.naming import ISO_COUNTRY_LETTERS, place_name
from cbrn_schemas.catalogue.places import crossings, facility
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.details import details
from cbrn_schemas.duty import Drafted, DraftLanguage, texts_digest
from cbrn_schemas.errors import InvalidEventError, UnknownCodeError
from cbrn_schemas.events import read_event
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cbrn_routing.duties.fold import DutyState

LANGUAGES: Final[tuple[DraftLanguage, ...]] = ("en", "ru", "ky")
UNKNOWN: Final[Mapping[DraftLanguage, str]] = {"en": "not known", "ru": "нет сведений", "ky": "маалымат жок"}
YES_NO: Final[Mapping[DraftLanguage, tuple[str, str]]] = {
    "en": ("yes", "no"),
    "ru": ("да", "нет"),
    "ky": ("ооба", "жок"),
}
UNCONFIRMED: Final[Mapping[DraftLanguage, str]] = {
    "en": "not confirmed by any source: to be asked",
    "ru": "не подтверждено источниками: запросить",
    "ky": "булактар тастыктаган эмес: суроо керек",
}
LOCAL: Final[Mapping[DraftLanguage, str]] = {"en": "local", "ru": "местное", "ky": "жергиликтүү"}
SOATE: Final[Mapping[DraftLanguage, str]] = {"en": "SOATE", "ru": "СОАТЕ", "ky": "СОАТЕ"}
THREAT: Final[Mapping[DraftLanguage, str]] = {"en": "threat", "ru": "угроза", "ky": "коркунуч"}
UN_NUMBER: Final[Mapping[DraftLanguage, str]] = {"en": "UN", "ru": "№ ООН", "ky": "БУУ №"}
LEFT: Final = frozenset({"contact", "operator", "exposed_places", "spot", "substances"})
"""What stays with our own officers: whom to call, who runs the site, what lies near by name; what every form has."""
FORMS: Final[Mapping[str, str]] = {"enc": "enc", "ihr": "ihr", "woah": "woah", "teia": "ian"}
"""Form by framework; `general` for every other."""


def form_of(name: str) -> str:
    """Return the form for a framework."""
    return FORMS.get(name, "general")


def draft(state: DutyState, at: datetime) -> Drafted:
    """Draft a duty, of all events that raised it until now. Equal events give equal texts."""
    form = form_of(state.duty.framework)
    texts: dict[DraftLanguage, str] = {lang: text_of(state, form, lang) for lang in LANGUAGES}
    return Drafted(
        id=state.id,
        at=at,
        form=form,
        digest=texts_digest(texts),
        texts={"en": texts["en"], "ru": texts["ru"]},
        text_ky=texts["ky"],
        events=tuple(identifier for _, identifier in state.events),
    )


def text_of(state: DutyState, form: str, lang: DraftLanguage) -> str:
    """Return one language of a form."""
    facts = _Facts(state.latest.event, lang)
    duty = state.duty
    shown = facts.shown | {
        "duty": duty.model_copy(update={"wording": word("wording", f"{duty.framework}/{duty.clock}", lang)}),
        "article": article_name(duty.article, lang),
        "source": source_name(duty.source, lang),
        "framework_name": framework(duty.framework).names.get(lang),
        "addressees": _names(duty.addressees, lang) or addressee_name(duty.framework, duty.addressee, lang),
        "national": _names(duty.national_bodies, lang) or UNCONFIRMED[lang],
        "focal": _names(duty.focal_points, lang) or UNCONFIRMED[lang],
        "basis": [in_words(fact, lang) for fact in duty.basis],
        "neighbours": _countries(duty.place.neighbours, lang, located=duty.place.country is not None),
        "downstream": _countries(duty.place.downstream, lang, located=duty.place.country is not None),
        "further": _further(state.latest.event, lang),
        "evidence": state.evidence[-EVENTS_MAX:],
        "left_out": max(0, len(state.evidence) - EVENTS_MAX),
        "notes": sorted(state.notes.values(), key=lambda note: (note.at, note.evidence.id))[-EVENTS_MAX:],
        "cancelled": state.cancelled,
        "exercise": state.latest.event.get("status") == "Exercise",
    }
    return _environment().get_template(f"{form}.{lang}.txt.jinja").render(shown).strip() + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cbrn_routing.duties", "templates"),
        autoescape=False,  # noqa: S701 - plain text: nothing here is HTML
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )


class _Facts:
    """What one event says, as words. Asked for what it does not say, it answers «not known»."""

    def __init__(self, event: dict[str, Any], lang: DraftLanguage) -> None:
        self._event = event
        self._lang = lang

    @property
    def shown(self) -> dict[str, Any]:
        """Names and functions for the templates."""
        return {
            "event": self._event,
            "threat": self._is_threat(),
            "kind": self._kind(),
            "wind": self._wind(),
            "figures": list(self._figures()),
            "unknown": UNKNOWN[self._lang],
            "said": self.said,
            "coded": self.coded,
            "label": self.label,
            "time": self.time,
            "moment": lambda moment: _moment(moment, self._lang),
            "body": lambda source: _names((source.strip("/").partition("/")[0],), self._lang),
            "headline": self._text("headline"),
            "description": self._text("description"),
            "place": self._place(),
            "site": self._site(),
            "agent": self._agent(),
            "substances": self._joined(map(self._substance, self._event.get("substances") or ())),
            "nuclides": self._joined(self._event.get("nuclides") or ()),
            "sources": self._joined(map(self._source, self._event.get("sources") or ())),
            "measurements": [self._measurement(one) for one in self._event.get("measurements") or ()],
            "exposed": self._joined(self.label("exposed", each) for each in self._event.get("exposed") or ()),
        }

    def said(self, path: str, unit: str = "") -> str:
        """Return what the event says under a dotted path; a number with its unit, by the UCUM code."""
        value: Any = self._event
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return UNKNOWN[self._lang] if value in (None, "", [], {}) else self._plain(value, unit)

    def coded(self, name: str) -> str:
        """Return the label of a field whose values have labels of their own group."""
        value = self._event.get(name)
        return UNKNOWN[self._lang] if value is None else self.label(name, value)

    def label(self, group: str, code: str) -> str:
        """Return the label of a code."""
        return word(group, code, self._lang)

    def time(self, name: str) -> str:
        """Write a time of the event, in UTC and in the country's time."""
        return _moment(datetime.fromisoformat(self._event[name]), self._lang)

    def _is_threat(self) -> bool:
        """Tell whether the report is of a threat: then nothing has happened, and no head may say that it has."""
        event = self._event
        return event.get("threat") is True or event.get("act") == "threat" or event.get("state") == "threatened"

    def _kind(self) -> str:
        kind = self.label("kind", self._event["kind"])
        return f"{THREAT[self._lang]}: {kind}" if self._is_threat() else kind

    def _wind(self) -> str:
        """Say where it blows from and how fast; one «not known» where nobody says either."""
        told = [self.said("wind_from_deg", "deg"), self.said("wind_speed_m_s", "m/s")]
        return ", ".join(part for part in told if part != UNKNOWN[self._lang]) or UNKNOWN[self._lang]

    def _figures(self) -> Iterator[str]:
        """List every number of the report that has a name, in its order, but for the dead and injured."""
        for name, value in self._event.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and ("figure", name) in words():
                yield f"{self.label('figure', name)}: {amount(value, unit_of(name) or '', self._lang)}"

    def _plain(self, value: Any, unit: str = "") -> str:
        if isinstance(value, bool):
            return YES_NO[self._lang][0 if value else 1]
        if isinstance(value, list):
            return ", ".join(map(self._plain, value))
        if isinstance(value, dict):
            return ", ".join(self._plain(part) for part in value.values())
        if isinstance(value, str):
            is_country = len(value) == ISO_COUNTRY_LETTERS and value.isupper()
            return place_name(value, self._lang) if is_country else word("value", value, self._lang)
        return amount(value, unit, self._lang)

    def _joined(self, parts: Iterable[str]) -> str:
        return "; ".join(parts) or UNKNOWN[self._lang]

    def _text(self, name: str) -> str:
        """Return the text in this language, else in any other that the report has."""
        texts = self._event.get("texts") or {}
        for lang in (self._lang, "ru", "en", "ky"):
            if found := (texts.get(lang) or {}).get(name):
                # On one line: a text of several could pretend to be lines of the form.
                return " ".join(str(found).split())
        return UNKNOWN[self._lang]

    def _site(self) -> str:
        code = self._event["where"].get("site")
        if code is None:
            return UNKNOWN[self._lang]
        try:
            return f"{facility(code).names.get(self._lang)} ({code})"
        except UnknownCodeError:
            return str(code)

    def _place(self) -> str:
        where = self._event["where"]
        parts = [where.get("description"), self._site() if where.get("site") else None]
        if where.get("district"):
            parts.append(f"{place_name(where['district'], self._lang)} ({SOATE[self._lang]} {where['district']})")
        if point := where.get("point"):
            accuracy = f" ± {amount(point['accuracy_m'], 'm', self._lang)}" if point.get("accuracy_m") else ""
            parts.append(f"{point['lat']}, {point['lon']}{accuracy} (WGS 84)")
        if where.get("crossing"):
            found = crossings().get(where["crossing"])
            parts.append(where["crossing"] if found is None else found.names.get(self._lang))
        return self._joined(str(part) for part in parts if part)

    def _agent(self) -> str:
        agent = self._event.get("agent")
        if not agent:
            return self.said("organism")
        known = agents().get(agent["code"])
        return str(agent["code"]) if known is None else known.names.get(self._lang)

    def _substance(self, one: dict[str, Any]) -> str:
        named = [one.get("name"), f"CAS {one['cas']}" if one.get("cas") else None]
        named.append(f"{UN_NUMBER[self._lang]} {one['un_number']}" if one.get("un_number") else None)
        named.append(amount(one["mass_kg"], "kg", self._lang) if one.get("mass_kg") is not None else None)
        named.append(amount(one["volume_m3"], "m3", self._lang) if one.get("volume_m3") is not None else None)
        doubt = (
            {"en": "not confirmed", "ru": "не подтверждено", "ky": "тастыкталган эмес"}[self._lang]
            if one.get("confirmed") is False
            else None
        )
        return ", ".join(str(part) for part in (*named, doubt) if part)

    def _source(self, one: dict[str, Any]) -> str:
        activity = amount(one["activity_Bq"], "Bq", self._lang) if one.get("activity_Bq") is not None else None
        category = {"en": "category", "ru": "категория", "ky": "категория"}[self._lang]
        stated = f"{category} {one['category']}" if one.get("category") is not None else None
        return ", ".join(str(part) for part in (one["nuclide"], activity, stated, one.get("device")) if part)

    def _measurement(self, one: dict[str, Any]) -> str:
        of = one.get("nuclide") or one.get("substance")
        limit: Any = one.get("detection_limit")
        unseen = limit is not None and one["value"] < limit
        read = amount(limit if unseen else one["value"], one["unit"], self._lang)
        read = f"{self.label('field', 'detection_limit')} {read}" if unseen else read
        value = f"{self.label('quantity', one['quantity'])} {read}"
        return ", ".join(str(part) for part in (value, of, one.get("at")) if part)


def _further(event: dict[str, Any], lang: DraftLanguage) -> list[str]:
    """List what an officer acts on first, as every alert shows it, as far as no form has a place for it."""
    try:
        read = read_event(json.dumps(event).encode())
    except InvalidEventError:
        return []  # of a version that this one cannot read: the form has what it found
    return [str(line) for line in details(read, lang, brief=True) if line.field not in LEFT]


def _moment(moment: datetime, lang: DraftLanguage) -> str:
    utc, local = moment.astimezone(UTC), moment.astimezone(LOCAL_TIME)
    return f"{utc:%Y-%m-%d %H:%M} UTC ({local:%d.%m %H:%M} {LOCAL[lang]})"


def _names(codes: Iterable[str], lang: DraftLanguage) -> str:
    known = bodies()
    return "; ".join(known[code].name(lang) if code in known else code for code in codes)


def _countries(countries: Iterable[str], lang: DraftLanguage, *, located: bool) -> str:
    """Name the countries; «none» only of a place that could be found."""
    none = {"en": "none", "ru": "нет", "ky": "жок"}[lang] if located else UNKNOWN[lang]
    return ", ".join(place_name(country, lang) for country in countries) or none
