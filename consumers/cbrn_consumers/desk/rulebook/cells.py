"""Where one rule decides: the kinds, hazards and severities of events in which the coverage matrix has it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.catalogue.naming import words_of
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.proof.matrix import Block, Matrix, Recipients
    from cbrn_schemas.events.base import Language

ROLES: Final = ("lead", "support", "inform", "partners")


class Cell(NamedTuple):
    """One kind of event with one hazard."""

    hazard: str
    kind: str
    severities: str
    """In words; empty where it acts only under further conditions."""
    roles: str
    """What those are told as whom it names there."""
    stops: bool
    """Whether one of its exceptions takes some of these events out."""


def cells_of(shown: Matrix, rule: str, lang: Language) -> tuple[Cell, ...]:
    """List where the rule decides, in the order of the matrix; nothing where it looks at neither kind nor hazard."""
    return tuple(
        cell
        for section in shown.hazards
        for block in section.blocks
        for cell in _of_block(section.hazard, block, rule, lang)
    )


def _of_block(hazard: str, block: Block, rule: str, lang: Language) -> Iterator[Cell]:
    severities: dict[str, None] = {}
    roles: dict[str, None] = {}
    for row in block.rows:
        as_whom = [role for role in ROLES if _names(row.told, role, rule)]
        if as_whom:
            severities.update(dict.fromkeys(row.severities))
            roles.update(dict.fromkeys(as_whom))
    lines = [line for line in block.lines if line.rule.id == rule]
    if severities or lines:
        acting = [role for line in lines if not line.stops for role in ROLES if getattr(line.told, role)]
        yield Cell(
            word("hazard", hazard, lang),
            word("kind", block.kind, lang),
            words_of("severity", severities, lang),
            words_of("matrix", dict.fromkeys((*roles, *acting)), lang),
            any(line.stops for line in lines),
        )


def _names(told: Recipients, role: str, rule: str) -> bool:
    return any(rule in each.rules for each in getattr(told, role))
