"""The language in which «who must know» is written: models of a rule file, and their JSON Schema.

Nothing here reads files or decides; a rule is data.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema

from cbrn_routing.rulebook.vocabulary import ANY, NONE, SCALARS, SETS, UNKNOWN
from cbrn_schemas.documented import Documented

SYMBOLS: Final = ("{region}", "{members}", "{neighbours}", "{downstream}")
"""Bodies by jurisdiction: the region's plenipotentiary or mayor; every member of the working group; the bodies of the
states within 15 km; the bodies of the states that the river reaches."""
ABROAD: Final = frozenset({"{neighbours}", "{downstream}"})
"""The symbols that stand for foreign bodies, and so belong under `partners` only."""

_UNIT_S: Final = {"m": 60, "h": 3600}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
"""Name of a rule or of a basis: lower-case words joined by hyphens."""
BodyCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
"""Code of a body of the catalogue."""
Name = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z][a-z0-9-]{1,31}|\{(region|members|neighbours|downstream)\})$", max_length=32),
]
"""Code of a body, or one of `SYMBOLS`."""
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,3}[mh]$")]
"""Whole minutes or hours: `15m`, `24h`."""
Line = Annotated[str, StringConstraints(min_length=3, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Confidence = Literal["high", "medium", "low"]


class _Values(NamedTuple):
    """A mark of a facet: one value of the vocabulary or a list of them, kept as a sorted tuple."""

    allowed: tuple[str | bool, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        items = core_schema.tuple_variable_schema(core_schema.literal_schema(list(self.allowed)), min_length=1)
        return core_schema.no_info_before_validator_function(
            _as_list, core_schema.no_info_after_validator_function(_as_sorted, items)
        )

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Any) -> dict[str, Any]:
        one = {"enum": list(self.allowed)}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}


class OneOrMany:
    """A mark of a list of which a single element may be written without brackets."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_as_list, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | bool | Mapping) else value


def _as_sorted(values: tuple[str | bool, ...]) -> tuple[str | bool, ...]:
    if len(set(values)) != len(values):
        raise ValueError("a value is listed twice")
    return tuple(sorted(values, key=str))


def _as_period(value: Any) -> Any:
    """Take YAML's number `2004` and date `2025-05-12` as text: both are dates as precise as the source is."""
    return str(value) if isinstance(value, int | date) and not isinstance(value, bool) else value


Strings = tuple[str, ...]
Truths = tuple[bool | str, ...]
Period = Annotated[
    str,
    BeforeValidator(_as_period),
    StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}]}),
]
"""A date as precise as its source: `2004`, `2025-10` or `2025-05-12`."""


class RuleModel(Documented):
    """Frozen and closed: a word that the language does not have is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Title(RuleModel):
    """What the rule says, in one line, in the three languages of the bus."""

    ky: Line
    ru: Line
    en: Line


class Basis(RuleModel):
    """Why the rule may bind: law, treaty or mandate. Without a basis in force a rule is not active."""

    instrument: Slug
    """Code of the framework (`enc`, `ihr`) or `mandate-<body>` for the general mandate of a body."""
    article: Line
    """Article or clause; in words where the source gives no number."""
    since: Period | None = None
    """In force from; absent where no source gives the date, and then taken as in force."""
    until: Period | None = None
    """Last day in force, known beforehand; absent while no end is known."""
    source: Line
    """Where the fact was read."""
    confidence: Confidence

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        try:
            self.turning_days()
        except (ValueError, OverflowError):
            raise ValueError("since or until is no day of the calendar: correct it") from None
        if self.since and self.until and _last_day(self.until) < _first_day(self.since):
            raise ValueError("until lies before since")
        return self

    def in_force(self, on: date) -> bool:
        """Tell whether the basis holds on the day `on`."""
        begun = self.since is None or _first_day(self.since) <= on
        return begun and (self.until is None or on <= _last_day(self.until))

    def turning_days(self) -> tuple[date, ...]:
        """Return its first day in force, and the first on which it is no longer; those that are known."""
        begins = () if self.since is None else (_first_day(self.since),)
        ends = () if self.until is None else (_last_day(self.until) + timedelta(days=1),)
        return begins + ends


class When(RuleModel):
    """The cells that a rule matches: all facets given must match; a list means «one of these».

    A set-valued facet (neighbours, downstream, exposed, traits) matches when it holds at least one of the values
    listed; `any` stands for «not empty», `none` for «empty».
    """

    lane: Annotated[Strings, _Values(SCALARS["lane"])] | None = None
    hazard: Annotated[Strings, _Values(SCALARS["hazard"])] | None = None
    kind: Annotated[Strings, _Values(SCALARS["kind"])] | None = None
    severity: Annotated[Strings, _Values(SCALARS["severity"])] | None = None
    urgency: Annotated[Strings, _Values(SCALARS["urgency"])] | None = None
    certainty: Annotated[Strings, _Values(SCALARS["certainty"])] | None = None
    deliberate: Annotated[Truths, _Values((True, False, UNKNOWN))] | None = None
    status: Annotated[Strings, _Values(SCALARS["status"])] | None = None
    region: Annotated[Strings, _Values(SCALARS["region"])] | None = None
    country: Annotated[Strings, _Values(SCALARS["country"])] | None = None
    neighbours: Annotated[Strings, _Values(SETS["neighbours"])] | None = None
    downstream: Annotated[Strings, _Values(SETS["downstream"])] | None = None
    border: Annotated[Truths, _Values((True, False))] | None = None
    exposed: Annotated[Strings, _Values(SETS["exposed"])] | None = None
    traits: Annotated[Strings, _Values(SETS["traits"])] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("an empty condition matches everything and hides gaps: name at least one facet")
        return self

    def conditions(self) -> dict[str, tuple[str | bool, ...]]:
        """Return the facets that are named, with the values that match."""
        return {name: values for name, values in self if values is not None}


class Case(RuleModel):
    """An example beside the rule, which a test runs: an event's facets and the bodies that the whole book must name.

    Facets that are not given are those of an ordinary accident in the country of which nothing else is known. Expected
    lists are complete; a list that is not given is not compared.
    """

    title: Line
    facets: When
    lead: BodyCode | None = None
    support: tuple[BodyCode, ...] | None = None
    inform: tuple[BodyCode, ...] | None = None
    partners: tuple[BodyCode, ...] | None = None
    acknowledge_within: Duration | None = None
    restricted: bool | None = None
    duties: tuple[Slug, ...] | None = None
    """Ids of the rules whose duties arise."""

    @model_validator(mode="after")
    def _is_one_cell(self) -> Self:
        named = self.facets.conditions()
        if len(named.get("kind", ())) != 1:
            raise ValueError("the facets of a case name one kind")
        for facet, values in named.items():
            if facet in SETS and {ANY, NONE} & set(values):
                raise ValueError(f"{facet}: a case is one event: name the values themselves")
            if facet not in SETS and len(values) != 1:
                raise ValueError(f"{facet}: a case is one event: name one value")
        return self


class Rule(RuleModel):
    """One sentence of the book: when this happens, these bodies are told in these roles."""

    id: Slug
    title: Title
    basis: Annotated[tuple[Basis | Slug, ...], Field(min_length=1)]
    """Bases in full, or by their name in a file's `bases`."""
    when: When
    unless: Annotated[tuple[When, ...], OneOrMany()] = ()
    """Cells taken out again: one condition, or a list of which any suffices."""
    lead: BodyCode | None = None
    support: tuple[Name, ...] = ()
    inform: tuple[Name, ...] = ()
    partners: tuple[Name, ...] = ()
    """Foreign bodies: held for release by a named person."""
    acknowledge_within: Duration | None = None
    restricted: bool = False
    """The event is for the named duty officers of every body that is told."""
    cases: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _is_a_sentence(self) -> Self:
        if self.lead is None and not (self.support or self.inform or self.partners or self.restricted):
            raise ValueError("the rule names nobody: give lead, support, inform or partners")
        if ABROAD & {*self.support, *self.inform}:
            raise ValueError("{neighbours} and {downstream} are abroad: name them under partners")
        return self

    @property
    def bases(self) -> tuple[Basis, ...]:
        """The bases in full; names are resolved when the book is loaded."""
        return tuple(basis for basis in self.basis if isinstance(basis, Basis))

    @property
    def acknowledge_within_s(self) -> int | None:
        """Deadline for the acknowledgement in seconds."""
        return None if self.acknowledge_within is None else seconds(self.acknowledge_within)

    def in_force(self, on: date) -> bool:
        """Tell whether any basis holds on the day `on`: without one the rule is not active."""
        return any(basis.in_force(on) for basis in self.bases)


def seconds(duration: str) -> int:
    """Read `15m` as 900, `2h` as 7,200."""
    return int(duration[:-1]) * _UNIT_S[duration[-1]]


def _parts(period: str) -> Sequence[int]:
    return [int(part) for part in period.split("-")]


def _first_day(period: str) -> date:
    year, month, day = [*_parts(period), 1, 1][:3]
    return date(year, month, day)


def _last_day(period: str) -> date:
    """Return the last day of a year, of a month, or the day itself."""
    match _parts(period):
        case [year]:
            return date(year, 12, 31)
        case [year, month]:
            return date(year, month, monthrange(year, month)[1])
        case _:
            return _first_day(period)
