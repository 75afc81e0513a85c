"""How the tables of the catalogue are shown: the code first, doubts beside what they are of.

Where a name or fact is of low confidence the row says so, and where a position is an estimate its radius stands beside
the district that follows from it: neither is turned into a claim.
"""

# ruff: noqa: PLC0415 - models are imported where kinds are listed: the other lists need not wait for them

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from cbrn_deploy.cli.printing import console, shown
from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
from cbrn_schemas.catalogue.own import contacts
from cbrn_schemas.catalogue.places import Crossing, District, Facility, code_of, region
from cbrn_schemas.catalogue.searching import (
    HAZARDS,
    body_index,
    crossing_index,
    district_index,
    kind_index,
    site_index,
)
from cbrn_schemas.catalogue.words import Names, word, words
from cbrn_schemas.catalogue.written import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cbrn_schemas.catalogue.bodies import Body
    from cbrn_schemas.catalogue.own import Contact
    from cbrn_schemas.catalogue.spelling import Index
    from cbrn_schemas.events.base import Language

TABLE_WIDTH: Final = 80
"""Columns that the tables need; a narrower terminal gets the cells below one another."""
ESTIMATE: Final = "±"


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if hasattr(value, "_asdict"):
        return value._asdict()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _columns(row: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(row).items()}


def _doubt(row: Any, lang: Language) -> str:
    """Say that a row is of low confidence or the installation's own; what is said of a position stands beside it."""
    said = [word("place", "own-row", lang)] if getattr(row, "own", False) else []
    if row.confidence == "low":
        said.append(f"{word('ui', 'confidence', lang)}: {word('confidence', 'low', lang)}")
    return "; ".join(said)


@dataclass(frozen=True)
class Listing:
    """One table: how it is searched, what its columns are called, and what stands in them."""

    index: Callable[[], Index[Any]]
    heads: tuple[tuple[str, str], ...]
    """Group and code of the word over each column."""
    cells: Callable[[Any, Language], tuple[str, ...]]
    """What stands behind the code."""
    code: Callable[[Any], str] = code_of
    """What goes into an event; empty where there is no code yet."""
    doubt: Callable[[Any, Language], str] = _doubt
    """What is not sure of the row; empty where all is."""
    columns: Callable[[Any], dict[str, Any]] = _columns
    """All that is known of the row, its names in three languages among it, for machines."""
    wide: int | None = None
    """Widest column behind the name, where that needs the room."""


def show(listing: Listing, rows: Sequence[Any], lang: Language) -> None:
    """Print the rows: a table, or on a narrow terminal a record each."""
    out = console()
    heads = [word(group, code, lang) for group, code in listing.heads]
    if out.width < TABLE_WIDTH:
        for row in rows:
            out.print(_record(heads, _row(listing, row, lang)))
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, head in enumerate(heads):
            table.add_column(head, overflow="fold", no_wrap=number == 0, max_width=listing.wide if number > 1 else None)
        for row in rows:
            table.add_row(*_row(listing, row, lang))
        out.print(table)
    if any(ESTIMATE in cell for row in rows for cell in listing.cells(row, lang)):
        out.print(shown(f"{ESTIMATE}: {word('place', 'own-estimate', lang)}", "yellow"))


def row_json(listing: Listing, row: Any, lang: Language) -> dict[str, Any]:
    """Return a row for machines: its code for events (null: none yet), its name, and all that is known of it."""
    columns = listing.columns(row)
    return {"code": listing.code(row) or None, "name": Names(**columns["names"]).get(lang)} | columns


def _row(listing: Listing, row: Any, lang: Language) -> list[Text]:
    name, *rest = listing.cells(row, lang)
    doubt = listing.doubt(row, lang)
    named = Text("\n").join([_lines(name), *([shown(doubt, "yellow")] if doubt else [])])
    return [shown(listing.code(row) or "-", "bold"), named, *map(_lines, rest)]


def _lines(cell: str) -> Text:
    return Text("\n").join(map(shown, cell.split("\n")))


def _record(heads: Sequence[str], cells: Sequence[Text]) -> Text:
    """Put a row's cells below one another: code and name on the first line."""
    code, name, *rest = cells
    rest = [Text(" ").join(cell.split("\n")) for cell in rest]
    lines = [Text.assemble(f"  {head}: ", cell) for head, cell in zip(heads[2:], rest, strict=True) if cell.plain]
    return Text("\n").join([Text.assemble(code, "  ", name), *lines])


def _body_cells(body: Body, lang: Language) -> tuple[str, ...]:
    name, short = body.name(lang), body.short(lang)
    since = "" if body.valid_from is None else f"{word('ui', 'begins', lang)} {body.valid_from}"
    until = (
        "" if body.valid_to is None else f"{word('ui', 'until', lang)} {body.valid_to} → {', '.join(body.successors)}"
    )
    named = name if short == name else f"{short} · {name}"
    publishes = word("facet", "yes" if body.publishes else "no", lang)
    reached = (" · ".join(filter(None, (each.post, each.telephone, each.email))) for each in _contacts(body))
    return "\n".join(filter(None, (named, since, until, *reached))), word("body_kind", body.kind, lang), publishes


def _contacts(body: Body) -> Sequence[Contact]:
    """Return whom a person can call there, as the installation says."""
    return contacts().get(body.code, ())


def _body_columns(body: Body) -> dict[str, Any]:
    return _columns(body) | {"contacts": [asdict(each) for each in _contacts(body)]}


def _body_doubt(body: Body, lang: Language) -> str:
    translated = lang == "ky" and body.confidence_ky == "low"
    return _doubt(body, lang) or (word("place", "own-translation", lang) if translated else "")


def _site_cells(site: Facility, lang: Language) -> tuple[str, ...]:
    where = " / ".join(place_name(code, lang) for code in site.districts)
    if not site.surveyed and site.accuracy_km is not None:
        where = f"{where}\n{ESTIMATE} {amount(site.accuracy_km, 'km', lang)}"
    operator = site.operator_name or "" if site.operator_body is None else body_name(site.operator_body, lang)
    hazards = words_of("hazard", (HAZARDS[letter] for letter in HAZARDS if letter in site.hazards), lang)
    return site.names.get(lang), where, operator, hazards


def _district_cells(unit: District, lang: Language) -> tuple[str, ...]:
    name = unit.names.get(lang)
    if unit.former_names is not None:
        name = f"{name} / {unit.former_names.get(lang)}"
    if unit.code is None:
        name = f"{name}\n{word('place', 'no-code', lang)}"
    around = "" if region(unit.region) is unit else place_name(unit.region, lang)
    return name, word("place", unit.level, lang), around


def _crossing_cells(post: Crossing, lang: Language) -> tuple[str, ...]:
    country = "" if post.neighbour is None else place_name(post.neighbour, lang)
    behind = f"{country} ({post.opposite})" if post.opposite else country
    where = place_name(post.district or post.region, lang)
    return post.names.get(lang), behind, f"{where}\n{ESTIMATE} {amount(post.accuracy_km, 'km', lang)}"


def _kind_columns(kind: str) -> dict[str, Any]:
    """Return what a kind is, which hazards it can have, on which lane it travels and under which type."""
    from cbrn_routing.rulebook.vocabulary import HAZARDS_OF
    from cbrn_schemas.events import ce_type, lane_of

    return {
        "names": words()["kind", kind]._asdict(),
        "about": words()["kind-about", kind]._asdict(),
        "hazards": [name for name in HAZARDS.values() if name in HAZARDS_OF[kind]],
        "lane": str(lane_of(kind)),
        "type": ce_type(kind),
    }


def _kind_cells(kind: str, lang: Language) -> tuple[str, ...]:
    columns = _kind_columns(kind)
    named = f"{columns['names'][lang]}\n{columns['about'][lang]}"
    return named, words_of("hazard", columns["hazards"], lang), word("lane", columns["lane"], lang)


CODE, NAME = ("place", "code"), ("place", "name")
BODIES: Final = Listing(
    body_index,
    (CODE, NAME, ("ui", "kind"), ("place", "publishes")),
    _body_cells,
    code=lambda body: body.code,
    doubt=_body_doubt,
    columns=_body_columns,
    wide=16,
)
SITES: Final = Listing(
    site_index, (CODE, NAME, ("ui", "district"), ("place", "operator"), ("ui", "hazard")), _site_cells, wide=18
)
DISTRICTS: Final = Listing(
    district_index, (CODE, NAME, ("ui", "kind"), ("ui", "region")), _district_cells, code=lambda unit: unit.code or ""
)
CROSSINGS: Final = Listing(crossing_index, (CODE, NAME, ("place", "country"), ("ui", "district")), _crossing_cells)
KINDS: Final = Listing(
    kind_index,
    (CODE, NAME, ("ui", "hazard"), ("facet", "lane")),
    _kind_cells,
    code=str,
    doubt=lambda *_: "",
    columns=_kind_columns,
    wide=15,
)
