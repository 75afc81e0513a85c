"""Whether the folder's rows fit one another and the shipped catalogue: what no cell shows by itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.own.columns import CHANGEABLE, KEYS, NAME_COLUMNS, TABLES
from cbrn_schemas.catalogue.own.faults import cell_shown
from cbrn_schemas.catalogue.spelling import did_you_mean, spelled
from cbrn_schemas.catalogue.tables import listed, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cbrn_schemas.catalogue.own.faults import Faults
    from cbrn_schemas.catalogue.own.table import Written
    from cbrn_schemas.catalogue.tables import Row

FOREIGN: Final = frozenset({"neighbour", "organisation"})
REGIONAL: Final = frozenset({"representative", "mayor"})
HOME: Final = "KG"
SEVERAL: Final = frozenset({"successors", "districts", "rivers"})
"""Columns in whose cells several codes may stand."""


class Catalogue:
    """The shipped rows and the folder's, by code: what a row may refer to."""

    def __init__(self, written: Mapping[str, Sequence[Written]]) -> None:
        self.shipped = {file: {row[key]: row for row in read_table(file)} for file, key in KEYS.items()}
        self.districts = {row["code"] or row["slug"]: row for row in read_table("districts.csv")}
        self.rivers = {row["slug"] for row in read_table("rivers.csv")}
        self.regions = {row["region"] for row in self.districts.values()}
        self.bodies: dict[str, Row] = dict(self.shipped["bodies.csv"])
        for each in written.get("bodies.csv", ()):
            code = each.cells["code"]
            former = self.shipped["bodies.csv"].get(code)
            self.bodies[code] = each.cells if former is None else changed(former, each.cells)


def changed(former: Row, cells: Row) -> Row:
    """Return a shipped body with what a row says that changes it: names are added, none is taken away."""
    aliases = dict.fromkeys((*listed(former["aliases"]), *listed(cells["aliases"])))
    sources = tuple(filter(None, (former["source"], cells["source"])))
    return former | {
        "aliases": "|".join(aliases),
        "valid_to": cells["valid_to"] or former["valid_to"],
        "successors": cells["successors"] or former["successors"],
        "note": cells["note"] or former["note"],
        "source": "; ".join(sources),
    }


def check(written: Mapping[str, Sequence[Written]], faults: Faults) -> None:
    """Note whatever does not fit."""
    catalogue = Catalogue(written)
    for file, rows in written.items():
        if file in KEYS:
            _codes(rows, catalogue.shipped[file], KEYS[file], faults)
            _named(rows, catalogue.shipped[file], faults)
    bodies = written.get("bodies.csv", ())
    for each in bodies:
        _body(each, catalogue, faults)
    _circles(bodies, catalogue.bodies, faults)
    _one_each(bodies, catalogue.bodies, faults)
    for each in written.get("facilities.csv", ()):
        _site(each, catalogue, faults)
    for each in written.get("crossings.csv", ()):
        _crossing(each, catalogue, faults)
    for each in written.get("contacts.csv", ()):
        _contact(each, catalogue, faults)


def _at(each: Written, column: str, what: str, remedy: str, faults: Faults, *, warning: bool = False) -> None:
    faults.add(each.file, each.line, column, what, remedy, warning=warning)


def _codes(rows: Sequence[Written], shipped: Mapping[str, Row], key: str, faults: Faults) -> None:
    """Refuse a code that is missing, there twice, or shipped, unless the row says that it changes what is shipped."""
    lines: dict[str, int] = {}
    for each in rows:
        code, changes = each.cells[key], each.cells.get("changes") == "yes"
        if not code:
            _at(each, key, "it is empty", "Give it a code: it is what travels, and stays for good.", faults)
        elif code in lines:
            _at(each, key, f"{code} is in line {lines[code]}, too", "Keep one of the two rows.", faults)
        elif code in shipped and not changes:
            ways = " or write yes under `changes`" if "changes" in TABLES[each.file] else ""
            _at(each, key, f"{code} is in the shipped catalogue", f"Choose another code{ways}.", faults)
        elif code not in shipped and changes:
            remedy = did_you_mean(code, shipped) or "Leave `changes` empty to add it."
            _at(each, "changes", f"no shipped row is called {code}, so there is nothing to change", remedy, faults)
        lines.setdefault(code, each.line)


def _named(rows: Sequence[Written], shipped: Mapping[str, Row], faults: Faults) -> None:
    """Refuse names that cannot be told apart: whoever writes one would be asked which is meant."""
    if not rows:
        return
    key, columns = KEYS[rows[0].file], NAME_COLUMNS[rows[0].file]
    known: dict[str, set[str]] = {}
    for code, row in (*shipped.items(), *((each.cells[key], each.cells) for each in rows)):
        for name in _names(row, key, columns):
            known.setdefault(_folded(name), set()).add(code)
    for each in rows:
        code = each.cells[key]
        for column, name in _by_column(each.cells, key, columns):
            others = sorted(known.get(_folded(name), set()) - {code})
            if others and not (code in shipped and name in _names(shipped[code], key, columns)):
                what = f"{cell_shown(name)} cannot be told apart from a name of {', '.join(others)}"
                _at(each, column, what, "Write it so that nobody takes one for the other.", faults)
        if each.cells.get("changes") != "yes":
            _languages(each, columns, faults)


def _languages(each: Written, columns: tuple[str, str, str], faults: Faults) -> None:
    missing = [column for column in columns if not each.cells[column]]
    if len(missing) == len(columns):
        _at(each, columns[1], "it has no name", "Give it one in Kyrgyz, Russian and English.", faults)
        return
    for column in missing:
        what = "the name is missing in this language: another language's is shown"
        _at(each, column, what, "Write it, so that every officer can read it.", faults, warning=True)


def _folded(name: str) -> str:
    return spelled(name).replace(" ", "")


def _by_column(row: Row, key: str, columns: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    more = ("short_ky", "short_ru", "short_en") if key == "code" else ()
    for column in (key, *columns, *more):
        if row[column]:
            yield column, row[column]
    if key == "code":
        yield from (("aliases", alias) for alias in listed(row["aliases"]))


def _names(row: Row, key: str, columns: tuple[str, ...]) -> set[str]:
    return {name for _, name in _by_column(row, key, columns)}


def _body(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    cells = each.cells
    _known(each, "parent", catalogue.bodies, faults)
    _known(each, "successors", catalogue.bodies, faults)
    if cells["code"] in listed(cells["successors"]):
        _at(each, "successors", "a body is no successor of itself", "Name who takes its task over.", faults)
    if cells["valid_from"] and cells["valid_to"] and cells["valid_from"] >= cells["valid_to"]:
        what = f"it ends on {cells['valid_to']}, before it begins"
        _at(each, "valid_to", what, "It is the first day on which the body is no more.", faults)
    if cells["changes"] == "yes":
        _change(each, catalogue, faults)
        return
    if not cells["kind"]:
        _at(each, "kind", "it is empty", "Say what it is, such as service.", faults)
    _place_of(each, catalogue, faults)
    parent = catalogue.bodies.get(cells["parent"])
    if parent is not None and parent["valid_to"] and not cells["valid_to"]:
        what = f"{cells['parent']} ends on {parent['valid_to']}"
        _at(
            each,
            "parent",
            what,
            f"Name its successor: {parent['successors'] or 'none is known'}.",
            faults,
            warning=True,
        )


def _place_of(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    cells, kind = each.cells, each.cells["kind"]
    if (kind in REGIONAL) != bool(cells["region"]):
        remedy = "A representative or mayor has a region (KG-O), nobody else has."
        _at(each, "region", f"{cell_shown(cells['region'])} does not go with the kind {kind}", remedy, faults)
    elif cells["region"] and cells["region"] not in catalogue.regions:
        remedy = f"The regions are {', '.join(sorted(catalogue.regions))}."
        _at(each, "region", f"no region is called {cell_shown(cells['region'])}", remedy, faults)
    abroad = cells["country"] not in {"", HOME}
    if (kind == "neighbour" and not abroad) or (abroad and kind not in FOREIGN):
        remedy = "A neighbour has its country (UZ); a body at home has none."
        _at(each, "country", f"{cell_shown(cells['country'])} does not go with the kind {kind}", remedy, faults)


def _change(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    """Refuse a change beyond what may be changed, and an end after which nobody would be told."""
    for column, cell in each.cells.items():
        if cell and column not in CHANGEABLE:
            remedy = (
                "Of a shipped body valid_to, successors, aliases, note and source can be said; leave the rest empty."
            )
            _at(each, column, "this cannot be changed of a shipped body", remedy, faults)
    row = catalogue.bodies.get(each.cells["code"])
    if not each.cells["valid_to"] or row is None:
        return
    heirs = [catalogue.bodies[code] for code in listed(row["successors"]) if code in catalogue.bodies]
    if not heirs:
        remedy = "Name the bodies that take its task over: alerts go to them."
        _at(each, "successors", "a shipped body that ends needs a successor", remedy, faults)
    elif row["receives"] == "yes" and not any(map(hears, heirs)):
        remedy = "Name one that receives: alerts for the body that ends would reach nobody."
        _at(each, "successors", "none of them receives anything", remedy, faults)


def hears(row: Row) -> bool:
    """Tell whether a body is told; a row that does not say so is of one at home."""
    return (row["receives"] or ("no" if row["kind"] in FOREIGN else "yes")) == "yes"


def _known(each: Written, column: str, known: Iterable[str], faults: Faults) -> None:
    for code in _codes_in(each.cells, column):
        if code not in known:
            remedy = did_you_mean(code, known) or "Write a code of the catalogue, or add its row."
            _at(each, column, f"nothing is called {cell_shown(code)}", remedy, faults)


def _codes_in(row: Row, column: str) -> list[str]:
    return list(listed(row[column])) if column in SEVERAL else list(filter(None, (row[column],)))


def _circles(rows: Sequence[Written], bodies: Mapping[str, Row], faults: Faults) -> None:
    """Refuse a body that is its own parent's parent, or whose successors lead back to it."""
    for each in rows:
        for column in ("parent", "successors"):
            seen: set[str] = set()
            ahead = _codes_in(each.cells, column)
            while ahead:
                code = ahead.pop()
                if code in seen or code not in bodies:
                    continue
                seen.add(code)
                ahead += _codes_in(bodies[code], column)
            if each.cells["code"] in seen and each.cells["code"] not in _codes_in(each.cells, column):
                what = f"it leads back to {each.cells['code']}: {' → '.join(sorted(seen))}"
                _at(each, column, what, "Take one of these out.", faults)
            elif column == "parent" and each.cells["parent"] == each.cells["code"]:
                _at(each, column, "a body is not its own parent", "Leave it empty for whoever has none.", faults)


def _one_each(rows: Sequence[Written], bodies: Mapping[str, Row], faults: Faults) -> None:
    """Refuse a second living body that stands for one region or one country."""
    for column in ("region", "country"):
        living = [row for row in bodies.values() if row[column] and not row["valid_to"]]
        holders = Counter(row[column] for row in living if row["kind"] != "organisation")
        for each in rows:
            place = each.cells[column]
            if place and holders[place] > 1 and not each.cells["valid_to"] and each.cells["kind"] != "organisation":
                others = [row["code"] for row in living if row[column] == place and row["code"] != each.cells["code"]]
                what = f"{', '.join(others)} stands for {place}"
                _at(each, column, what, f"End {others[0]} first, with this one as its successor.", faults)


def _site(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    cells = each.cells
    for column in ("kind", "hazards", "districts"):
        if not cells[column]:
            _at(each, column, "it is empty", "Without it nobody can be told of what happens there.", faults)
    _known(each, "districts", catalogue.districts, faults)
    _known(each, "rivers", catalogue.rivers, faults)
    _known(each, "operator_body", catalogue.bodies, faults)
    if bool(cells["lat"]) != bool(cells["lon"]):
        _at(each, "lon" if cells["lat"] else "lat", "half a position", "Write both, or neither.", faults)
    if cells["surveyed"] == "yes" and not cells["lat"]:
        _at(each, "surveyed", "no position was given", "Write lat and lon, or no.", faults)
    elif cells["lat"] and not cells["accuracy_km"]:
        what, remedy = "nobody can see how well the position is known", "Within how many km does the site lie?"
        _at(each, "accuracy_km", what, remedy, faults, warning=True)


def _crossing(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    cells = each.cells
    for column in ("district", "lat", "lon"):
        if not cells[column]:
            _at(each, column, "it is empty", "Say where it is.", faults)
    _known(each, "district", catalogue.districts, faults)
    unit = catalogue.districts.get(cells["district"])
    if unit is not None and cells["region"] not in {"", unit["region"]}:
        _at(each, "region", f"{cells['district']} lies in {unit['region']}", "Leave it empty, or correct it.", faults)


def _contact(each: Written, catalogue: Catalogue, faults: Faults) -> None:
    cells = each.cells
    for column in ("body", "post"):
        if not cells[column]:
            _at(each, column, "it is empty", "Say who answers there: body and post.", faults)
    _known(each, "body", catalogue.bodies, faults)
    if not cells["telephone"] and not cells["email"]:
        _at(each, "telephone", "neither telephone nor email", "Write one of them at least.", faults)
