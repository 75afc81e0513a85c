"""How `cbrn place` shows a place: every line names what is known, and how well.

A position that nobody surveyed is shown as an estimate with its radius, wherever it appears.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
from cbrn_schemas.catalogue.places import Crossing, Facility, city, code_of, district, facility
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.catalogue.places import Place
    from cbrn_schemas.events.base import Language

Point = tuple[float, float]

NEAREST_SITE_KM = 50.0
"""A hazard site farther from the point than this says nothing about it."""


def as_json_of(located: Located, asked: Place | None, lang: Language, point: Point | None) -> dict[str, Any]:
    """Return the answer as plain values: the jurisdiction, the place asked for, and the nearest hazard site."""
    answer = located.as_json()
    if asked is not None:
        answer["asked"] = candidate_of(asked, lang)
    if point is not None:
        answer["nearest_facility"] = _nearest_json(point)
    return answer


def candidate_of(found: Place, lang: Language) -> dict[str, Any]:
    """Return what tells one place from another of the same name."""
    return {"name": _name(found, lang), "kind": _kind(found), "code": code_of(found), "region": _region(found)}


def print_candidates(offered: Iterable[Place], lang: Language) -> None:
    """Print a list of places to choose from."""
    rows = [(code_of(one), _name(one, lang), place_name(_region(one) or "", lang)) for one in offered]
    if rows:
        console().print(_table(rows))


def print_place(located: Located, asked: Place | None, lang: Language, point: Point | None) -> None:
    """Print the whole answer, a line each."""
    named = [] if asked is None else [(word("ui", "place", lang), f"{_name(asked, lang)} ({code_of(asked)})")]
    near = [] if point is None or located.facility is not None else list(_nearest_lines(point, lang))
    console().print(_table([*named, *_lines(located, lang), *near]))


def how_found(located: Located, lang: Language) -> Iterator[tuple[str, str]]:
    """Yield the site, and how well the place is known: what a report that shows a jurisdiction has to say with it."""
    if located.facility is not None:
        yield word("ui", "facility", lang), _site(facility(located.facility), located.facility_km, lang)
    method = word("place_method", located.method, lang)
    yield word("ui", "confidence", lang), f"{word('confidence', located.confidence, lang)} ({method})"


def _table(rows: Iterable[tuple[str, ...]]) -> Any:
    from rich.table import Table  # noqa: PLC0415 - heavy, and not needed for JSON

    table = Table(box=None, pad_edge=False, show_header=False)
    for index, row in enumerate(rows):
        if index == 0:
            for column in range(len(row)):
                table.add_column(style="" if column else "bold", overflow="fold")
        table.add_row(*(shown(cell) for cell in row))
    return table


def _lines(located: Located, lang: Language) -> Iterator[tuple[str, str]]:
    """Return label and value of everything that is known, in the officer's language."""

    def countries(codes: frozenset[str]) -> str:
        return ", ".join(place_name(code, lang) for code in sorted(codes)) or word("ui", "none", lang)

    if located.district is not None:
        yield word("ui", "district", lang), f"{place_name(located.district, lang)} ({located.district})"
    if located.city is not None:
        yield word("place", "city", lang), city(located.city).name(lang)
    if located.region is not None:
        yield word("ui", "region", lang), f"{place_name(located.region, lang)} ({located.region})"
    home = located.country == "KG"
    yield word("place", "country", lang), word("place", "KG", lang) if home else place_name(located.country or "", lang)
    yield word("ui", "neighbours", lang), countries(located.neighbours)
    yield word("ui", "downstream", lang), countries(located.downstream)
    if located.border:
        yield word("ui", "border", lang), word("place", "border-crossing", lang)
    if located.facility is not None:
        yield word("ui", "facility", lang), _site(facility(located.facility), located.facility_km, lang)
    if located.operator is not None:
        yield word("place", "operator", lang), body_name(located.operator, lang)
    yield word("ui", "confidence", lang), word("confidence", located.confidence, lang)
    yield word("place", "found-by", lang), word("place_method", located.method, lang)
    if located.doubts:
        yield word("ui", "warnings", lang), words_of("doubt", located.doubts, lang)


def _site(site: Facility, distance_km: float | None, lang: Language) -> str:
    """Write `Kumtor (F16; 1.2 km; the site's position is an own estimate, ± 3 km)`."""
    remarks = [site.id]
    if distance_km is not None:
        remarks.append(amount(distance_km, "km", lang))
    if not site.surveyed:
        error = "" if site.accuracy_km is None else f", ± {amount(site.accuracy_km, 'km', lang)}"
        remarks.append(word("place", "own-estimate", lang) + error)
    return f"{site.names.get(lang)} ({'; '.join(remarks)})"


def _nearest_lines(point: Point, lang: Language) -> Iterator[tuple[str, str]]:
    nearest = Gazetteer.nearest_facility(*point)
    if nearest is not None and nearest[1] <= NEAREST_SITE_KM:
        yield word("place", "nearest-site", lang), _site(*nearest, lang)


def _nearest_json(point: Point) -> dict[str, Any] | None:
    nearest = Gazetteer.nearest_facility(*point)
    if nearest is None:
        return None
    site, distance_km = nearest
    return {
        "facility": site.id,
        "operator": site.operator,
        "distance_km": distance_km,
        "surveyed": site.surveyed,
        "accuracy_km": site.accuracy_km,
    }


def _name(found: Place, lang: Language) -> str:
    """Return its name; with the former one, for who looked for that."""
    former = None if isinstance(found, Facility | Crossing) else found.former_names
    return found.names.get(lang) if former is None else f"{found.names.get(lang)} / {former.get(lang)}"


def _kind(found: Place) -> str:
    return "facility" if isinstance(found, Facility) else "crossing" if isinstance(found, Crossing) else found.level


def _region(found: Place) -> str | None:
    """Return the ISO 3166-2 code of the region around a place; None for a site that is spread over several."""
    if not isinstance(found, Facility):
        return found.region
    return district(found.districts[0]).region if found.districts else None
