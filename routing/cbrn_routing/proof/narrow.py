"""A matrix with only what concerns one body, one region or one hazard. Nothing is decided anew. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.explain import stands_for
from cbrn_routing.proof.matrix import MEMBERS, PLACES, REGION, Block, Line, Matrix, Recipients, Row, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_routing.rulebook import Directory


def narrowed(shown: Matrix, directory: Directory, *, body: str = "", region: str = "", hazard: str = "") -> Matrix:
    """Return what of the matrix concerns the body, in the region, of the hazard; an empty code leaves nothing out."""
    chosen = _Chosen(directory, body, region)
    sections = [chosen.section(each) for each in shown.hazards if hazard in {"", each.hazard}]
    return shown._replace(
        hazards=tuple(each for each in sections if each.blocks or each.common),
        general=tuple(line for line in shown.general if chosen.has(line)),
    )


class _Chosen:
    """One body in one region."""

    def __init__(self, directory: Directory, body: str, region: str) -> None:
        self._directory = directory
        self._body = body
        self._region = region

    def section(self, section: Section) -> Section:
        """Return what is left of a hazard."""
        blocks = [self._block(each) for each in section.blocks]
        return section._replace(
            common=tuple(line for line in section.common if self.has(line)),
            blocks=tuple(each for each in blocks if each.rows or each.lines),
        )

    def has(self, line: Line) -> bool:
        """Tell whether a line is about the body; of one that stops a rule, whether the rule is."""
        rule = line.rule
        named = [*(_names(line.told)), rule.lead or "", *rule.support, *rule.inform, *rule.partners]
        return not self._body or any(self._body in stands_for(self._directory, name) for name in named)

    def _block(self, block: Block) -> Block:
        rows = tuple(row for each in block.rows for row in self._row(each))
        return block._replace(rows=rows, lines=tuple(line for line in block.lines if self.has(line)))

    def _row(self, row: Row) -> Iterator[Row]:
        """Yield the row with the regions in which it concerns the body; none where it does nowhere."""
        regions: tuple[str | None, ...] = row.regions or PLACES
        if self._region:
            regions = (self._region,) if self._region in regions else ()
        left = tuple(region for region in regions if self._concerns(row.told, region))
        if left:
            yield row._replace(regions=() if left == PLACES else left)

    def _concerns(self, told: Recipients, region: str | None) -> bool:
        if not self._body:
            return True
        return any(self._body in self._meant(name, region) for name in _names(told))

    def _meant(self, name: str, region: str | None) -> Iterable[str]:
        if name == REGION:
            return self._directory.by_region.get(region or "", ())
        return self._directory.members if name == MEMBERS else stands_for(self._directory, name)


def _names(told: Recipients) -> Iterator[str]:
    for each in (*told.lead, *told.support, *told.inform, *told.partners):
        yield each.name
