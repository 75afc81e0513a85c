"""What a sharing agreement is: who abroad may learn what, how exactly, after how long, and who lets it go.

Models only. Nothing leaves without an agreement that is in force; what it does not name stays.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from cbrn_routing.rulebook import Basis, Title, When
from cbrn_routing.rulebook.language import Duration, OneOrMany, RuleModel, Slug, seconds
from cbrn_routing.sharing.conditions import Conditions
from cbrn_routing.sharing.vocabulary import FRAME, REPLACED, free_texts, leaves, missing, names
from cbrn_schemas.catalogue.bodies import bodies, body_meant
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events.base import Code, Hazard, Line, Tlp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.decision import Facets

Resolution = Literal["exact", "district", "region"]
"""How exactly a place goes along."""
Format = Literal["cap", "edxl", "irix"]
TLP_ORDER: Final[tuple[Tlp, ...]] = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""Traffic Light Protocol 2.0, from what anybody may read to what named persons may."""
Persons = Annotated[int, Field(ge=1, le=2)]
CertificateName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(pem|crt|cer)$")]
"""A file beside the agreement, no path."""


def _kind(kind: str) -> str:
    if kind not in EVENT_TYPES:
        raise PydanticCustomError(
            "unknown_kind",
            "no kind is called «{given}»",
            {"given": kind, "remedy": did_you_mean(kind, EVENT_TYPES, "`cbrn kinds` lists all.")},
        )
    return kind


def _abroad(code: str) -> str:
    if code not in bodies():
        raise PydanticCustomError(
            "unknown_body", "no body has the code «{given}»", {"given": code, "remedy": body_meant(code)}
        )
    if not bodies()[code].is_abroad:
        raise PydanticCustomError(
            "not_abroad",
            "«{given}» is a body of the country: nothing is held back from it",
            {"given": code, "remedy": "Name a neighbour or an international organisation; `cbrn bodies` lists all."},
        )
    return code


def _at_home(code: str) -> str:
    if code not in bodies():
        raise PydanticCustomError(
            "unknown_body", "no body has the code «{given}»", {"given": code, "remedy": body_meant(code)}
        )
    if bodies()[code].is_abroad:
        raise PydanticCustomError(
            "abroad_releases",
            "«{given}» is abroad, and releases nothing to itself",
            {"given": code, "remedy": "Name bodies of the country."},
        )
    return code


def _field(name: str) -> str:
    if name in FRAME:
        raise PydanticCustomError(
            "frame_named",
            "«{given}» goes along with every message",
            {"given": name, "remedy": "Take it out; `hazards`, `kinds` and `tlp` say which may leave."},
        )
    if name.startswith("where."):
        raise PydanticCustomError(
            "place_named",
            "«{given}» is no name of its own",
            {"given": name, "remedy": "Say by `place` how exactly the place goes along."},
        )
    if name not in names():
        raise PydanticCustomError(
            "unknown_field",
            "no event has the field «{given}»",
            {
                "given": name,
                "remedy": did_you_mean(name, names(), "`cbrn partners agreements --fields KIND` lists all of a kind."),
            },
        )
    return name


def _written_short(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


def _is_listed_once(given: tuple[Any, ...]) -> tuple[Any, ...]:
    said = [each.name if isinstance(each, FieldClause) else each for each in given]
    twice = next((each for at, each in enumerate(said) if each in said[:at]), None)
    if twice is not None:
        raise PydanticCustomError(
            "listed_twice", "«{given}» is listed twice", {"given": str(twice), "remedy": "Take one of them out."}
        )
    return given


class FieldClause(RuleModel):
    """One field that may leave, with the article that says so where the agreement has one."""

    name: Annotated[str, AfterValidator(_field)]
    """A field of an event or of a part of one: `zone`, `texts.headline`."""
    article: Line | None = None


class Cell(RuleModel):
    """Events that need no person, by the facets of the rule book."""

    id: Slug
    """By which a release says what let it go."""
    when: Annotated[tuple[When, ...], Field(min_length=1), OneOrMany()]
    article: Line | None = None


class Release(RuleModel):
    """Who lets a copy go that waits, and how long it waits."""

    persons: Persons
    """How many persons must release; RED and restricted events never need fewer than two."""
    bodies: Annotated[tuple[Annotated[Code, AfterValidator(_at_home)], ...], Field(min_length=1, max_length=20)]
    """Bodies whose persons may."""
    within: Duration
    """After which a copy that nobody released is over."""


class Signatures(RuleModel):
    """What is asked of documents that come from the partner."""

    demand: Literal["required", "optional"]
    allow_sha1: bool = False
    """Whether a signature by SHA-1 counts: it is broken, so it is said of each."""
    certificates: Annotated[tuple[CertificateName, ...], Field(max_length=20)] = ()
    """Files beside the agreement with the certificates that the partner signs by, or their authorities."""

    @model_validator(mode="after")
    def _has_what_to_check_by(self) -> Self:
        if self.demand == "required" and not self.certificates:
            raise PydanticCustomError(
                "no_certificates",
                "signatures are required, and nothing says by which certificate",
                {"remedy": "List the partner's certificate files under `certificates`."},
            )
        return self


class Public(RuleModel):
    """What of it anybody may read: of these cells what bears TLP CLEAR, as the partner sees it."""

    when: Annotated[tuple[When, ...], Field(min_length=1), OneOrMany()]
    article: Line | None = None


class Agreement(RuleModel):
    """A sharing agreement with one body abroad, in one version."""

    partner: Annotated[Code, AfterValidator(_abroad)]
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Title
    basis: Annotated[tuple[Basis, ...], Field(min_length=1)]
    """Treaty or law by which it may be shared; without one in force the agreement is not."""
    valid_from: date
    valid_to: date | None = None
    """Last day; absent while no end is known."""
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1, max_length=4), AfterValidator(_is_listed_once)]
    kinds: Annotated[
        tuple[Annotated[str, AfterValidator(_kind)], ...], Field(min_length=1), AfterValidator(_is_listed_once)
    ]
    fields: Annotated[
        tuple[Annotated[FieldClause, BeforeValidator(_written_short)], ...],
        Field(max_length=400),
        AfterValidator(_is_listed_once),
    ]
    place: Resolution
    """How exactly the place goes along, and nothing else says it finer."""
    delay: Duration | None = None
    """Nothing leaves before so much time has passed since it was reported."""
    tlp: Tlp
    """The highest mark that may leave."""
    pre_authorised: Annotated[tuple[Cell, ...], Field(max_length=100)] = ()
    """What leaves without a person; never what is RED or restricted."""
    release: Release
    acknowledge_within: Duration | None = None
    """In which the partner is expected to answer."""
    formats: Annotated[tuple[Format, ...], Field(min_length=1), AfterValidator(_is_listed_once)]
    unsigned: bool = False
    """Whether documents may leave without the bus's signature where there is no key; else nothing leaves then."""
    signatures: Signatures
    public: Public | None = None
    """What of it is for everybody; absent: nothing."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError(
                "ends_before", "valid_to lies before valid_from", {"at": "valid_to", "remedy": "Correct the dates."}
            )
        for kind in self.kinds:
            if lacking := missing(kind, self.granted_names):
                raise PydanticCustomError(
                    "kind_incomplete",
                    "without {lacking} no «{kind}» can be told truly",
                    {
                        "at": "fields",
                        "kind": kind,
                        "lacking": ", ".join(lacking),
                        "remedy": f"Add to fields: {', '.join(lacking)}; or take {kind} out of kinds.",
                    },
                )
        ids = [cell.id for cell in self.pre_authorised]
        if len(set(ids)) < len(ids):
            raise PydanticCustomError(
                "cell_twice",
                "two pre-authorised cells have the same id",
                {"at": "pre_authorised", "remedy": "Give each its own."},
            )
        return self

    @property
    def id(self) -> str:
        """What records call it: `kz/1`."""
        return f"{self.partner}/{self.version}"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its content, 64 hexadecimal digits; neither order of keys nor comments count."""
        content = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def granted(self) -> Mapping[str, int]:
        """Each name that may leave, groups and their parts, with the place in `fields` of what lets it through."""
        found: dict[str, int] = {}
        for index, clause in enumerate(self.fields):
            for name in leaves(clause.name, exact=self.place == "exact"):
                found.setdefault(name, index)
            found[clause.name] = index
        return found

    @cached_property
    def granted_names(self) -> frozenset[str]:
        """The names alone."""
        return frozenset(self.granted)

    def cautions(self) -> tuple[str, ...]:
        """Name the fields in which people may write a finer place than goes along: to be named with open eyes."""
        return () if self.place == "exact" else tuple(sorted(self.granted_names & (free_texts() | {*REPLACED})))

    def in_force(self, on: date) -> bool:
        """Tell whether it holds on the day, and so does one of its bases."""
        valid = self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)
        return valid and any(basis.in_force(on) for basis in self.basis)

    def turning_days(self) -> tuple[date, ...]:
        """Return the days on which it begins or ceases to hold, as far as they are known, sorted."""
        ends = () if self.valid_to is None else (self.valid_to + timedelta(days=1),)
        return tuple(sorted({self.valid_from, *ends, *(day for each in self.basis for day in each.turning_days())}))

    def admits(self, tlp: Tlp) -> bool:
        """Tell whether a mark lies within the ceiling."""
        return TLP_ORDER.index(tlp) <= TLP_ORDER.index(self.tlp)

    def pre_authorising(self, facets: Facets) -> str | None:
        """Name the first pre-authorised cell that these facets lie in; None where a person must decide."""
        return next(iter(self.accepting(facets)), None)

    def accepting(self, facets: Facets) -> tuple[str, ...]:
        """Name every pre-authorised cell that these facets lie in, in written order."""
        return self._pre_authorised.accepting(facets)

    def is_public(self, facets: Facets) -> bool:
        """Tell whether the agreement makes such events public, once they are CLEAR."""
        return bool(self._public.accepting(facets))

    @cached_property
    def _pre_authorised(self) -> Conditions:
        return Conditions((cell.id, cell.when) for cell in self.pre_authorised)

    @cached_property
    def _public(self) -> Conditions:
        return Conditions(() if self.public is None else (("public", self.public.when),))

    @property
    def delay_s(self) -> int:
        """Seconds from the report before which nothing leaves."""
        return 0 if self.delay is None else seconds(self.delay)

    @property
    def acknowledge_within_s(self) -> int | None:
        """Seconds in which the partner is expected to answer."""
        return None if self.acknowledge_within is None else seconds(self.acknowledge_within)
