"""What a sharing agreement is: who abroad may learn what, how exactly, after how long, and who lets it go.

Nothing leaves without an agreement that is in force; what it does not name stays.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from cbrn_routing.rulebook import Basis, Title
from cbrn_routing.rulebook.language import Duration, RuleModel, seconds
from cbrn_routing.sharing.clauses import (
    BodyAbroad,
    Cell,
    FieldClause,
    Format,
    Kind,
    Public,
    Release,
    Resolution,
    Signatures,
    listed_once,
    written_short,
)
from cbrn_routing.sharing.conditions import Conditions
from cbrn_routing.sharing.vocabulary import ID, REPLACED, free_texts, leaves, missing
from cbrn_schemas.events.base import Hazard, Tlp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.decision import Facets

TLP_ORDER: Final[tuple[Tlp, ...]] = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""Traffic Light Protocol 2.0, from what anybody may read to what named persons may."""


class Agreement(RuleModel):
    """A sharing agreement with one body abroad, in one version."""

    partner: BodyAbroad
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Title
    basis: Annotated[tuple[Basis, ...], Field(min_length=1)]
    """Treaty or law by which it may be shared; without one in force the agreement is not."""
    valid_from: date
    valid_to: date | None = None
    """Last day; absent while no end is known."""
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1, max_length=4), AfterValidator(listed_once)]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(listed_once)]
    fields: Annotated[
        tuple[Annotated[FieldClause, BeforeValidator(written_short)], ...],
        Field(max_length=400),
        AfterValidator(listed_once),
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
    formats: Annotated[tuple[Format, ...], Field(min_length=1), AfterValidator(listed_once)]
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
        return () if self.place == "exact" else tuple(sorted(self.granted_names & (free_texts() | {ID, *REPLACED})))

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
