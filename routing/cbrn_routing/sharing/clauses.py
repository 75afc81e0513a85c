"""The clauses of a sharing agreement, and what each may name: kinds and fields that there are, bodies on their side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from cbrn_routing.rulebook import When
from cbrn_routing.rulebook.language import Duration, OneOrMany, RuleModel, Slug
from cbrn_routing.sharing.vocabulary import FRAME, names
from cbrn_schemas.catalogue.bodies import bodies, body_meant
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events.base import Code, Line

if TYPE_CHECKING:
    from cbrn_schemas.catalogue.bodies import Body

Resolution = Literal["exact", "district", "region"]
"""How exactly a place goes along."""
Format = Literal["cap", "edxl", "irix"]
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


def _known(code: str) -> Body:
    if code not in bodies():
        raise PydanticCustomError(
            "unknown_body", "no body has the code «{given}»", {"given": code, "remedy": body_meant(code)}
        )
    return bodies()[code]


def _abroad(code: str) -> str:
    if not _known(code).is_abroad:
        raise PydanticCustomError(
            "not_abroad",
            "«{given}» is a body of the country: nothing is held back from it",
            {"given": code, "remedy": "Name a neighbour or an international organisation; `cbrn bodies` lists all."},
        )
    return code


def _at_home(code: str) -> str:
    if _known(code).is_abroad:
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


def written_short(given: Any) -> Any:
    """Take a field's name alone for a clause without an article."""
    return {"name": given} if isinstance(given, str) else given


def listed_once(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse what is listed twice."""
    said = [each.name if isinstance(each, FieldClause) else each for each in given]
    twice = next((each for at, each in enumerate(said) if each in said[:at]), None)
    if twice is not None:
        raise PydanticCustomError(
            "listed_twice", "«{given}» is listed twice", {"given": str(twice), "remedy": "Take one of them out."}
        )
    return given


Kind = Annotated[str, AfterValidator(_kind)]
BodyAbroad = Annotated[Code, AfterValidator(_abroad)]
BodyAtHome = Annotated[Code, AfterValidator(_at_home)]


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
    bodies: Annotated[tuple[BodyAtHome, ...], Field(min_length=1, max_length=20)]
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
