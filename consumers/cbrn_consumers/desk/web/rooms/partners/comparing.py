"""What we know beside what a partner will see, field by field: the same, reduced, or withheld. Pure.

Both sides are laid out of the events themselves, so what a page shows as seen is what stands in the record that leaves,
and nothing can be added to it or left out unseen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.details import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language, Point

TEXTS: Final = "texts"
_PLACE_CODES: Final = frozenset({"district", "further_districts"})


class Passing(StrEnum):
    """What becomes of a field."""

    SAME = "same"
    REDUCED = "reduced"
    WITHHELD = "withheld"


class Line(NamedTuple):
    """One field of the event."""

    path: str
    label: str
    ours: str
    """Empty: we say nothing of it, and the partner is told something in its place."""
    theirs: str
    """Empty: withheld."""
    passing: Passing
    why: str
    """Which clause lets it through, or why it does not pass; empty where nothing is said of it."""
    lang: str = ""
    """Of a text of the event; empty where it is in the reader's own words."""


class Reasons(NamedTuple):
    """Why fields pass or do not, by field or by a part of one (`where.point`).

    Of several the longest that begins the field's own counts.
    """

    clauses: Mapping[str, str]
    withheld: Mapping[str, str]

    def of(self, path: str, passing: Passing) -> str:
        """Say it of a line: what passes coarser than it was has both a clause and a reason."""
        said = [] if passing is Passing.WITHHELD else [_why(path, self.clauses)]
        said += [] if passing is Passing.SAME else [_why(path, self.withheld)]
        return "; ".join(dict.fromkeys(filter(None, said)))


def compared(ours: AnyEvent | None, theirs: AnyEvent, why: Reasons, lang: Language) -> list[Line]:
    """Lay both out, in the order of the kind's fields; where our own is not at hand, what the partner sees alone."""
    if ours is None:
        return _without_ours(theirs, why, lang)
    known, shown = (dict(_laid(event, lang)) for event in (ours, theirs))
    return [
        _line(path, known.get(path, _NOTHING), shown.get(path, _NOTHING), why, lang) for path in _in_order(known, shown)
    ]


def _without_ours(theirs: AnyEvent, why: Reasons, lang: Language) -> list[Line]:
    shown = dict(_laid(theirs, lang))
    reduced = {path for path in shown if _why(path, why.withheld)}
    lines = [
        Line(path, _label(path, lang), "", said.text, passing, why.of(path, passing), _tongue(path))
        for path, said in shown.items()
        for passing in [Passing.REDUCED if path in reduced else Passing.SAME]
    ]
    gone = [path for path in why.withheld if not any(each == path or each.startswith(f"{path}.") for each in shown)]
    return lines + [Line(path, _label(path, lang), "", "", Passing.WITHHELD, why.withheld[path]) for path in gone]


class _Said(NamedTuple):
    text: str
    value: Any


_NOTHING: Final = _Said("", None)


def _line(path: str, ours: _Said, theirs: _Said, why: Reasons, lang: Language) -> Line:
    # By the values: two numbers that differ may be written alike.
    passing = Passing.SAME if ours == theirs else Passing.REDUCED if theirs.text else Passing.WITHHELD
    return Line(path, _label(path, lang), ours.text, theirs.text, passing, why.of(path, passing), _tongue(path))


def _tongue(path: str) -> str:
    return path.split(".")[1] if path.startswith(f"{TEXTS}.") else ""


def _in_order(known: Mapping[str, _Said], shown: Mapping[str, _Said]) -> list[str]:
    """Put what only the partner is told behind the field before it, not at the end of the page."""
    found = list(known)
    for before, path in zip((None, *shown), shown, strict=False):
        if path not in known:
            found.insert(0 if before is None else found.index(before) + 1, path)
    return found


def _laid(event: AnyEvent, lang: Language) -> Iterator[tuple[str, _Said]]:
    for name in type(event).model_fields:
        for path, value in _parts(name, getattr(event, name)):
            if text := _text(path, value, lang):
                yield path, _Said(text, value)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name == "where":
        for part in type(value).model_fields:
            yield f"where.{part}", getattr(value, part)
    elif name == TEXTS:
        for tongue, text in value.items():
            for part in type(text).model_fields:
                yield f"{TEXTS}.{tongue}.{part}", getattr(text, part)
    else:
        yield name, value


def _text(path: str, value: Any, lang: Language) -> str:
    name, _, part = path.partition(".")
    if name == "where":
        return _place(part, value, lang)
    if name == TEXTS or name in {"situation", "station"}:
        return value or ""
    if name == "references":
        return ", ".join(value)
    if name == "body":
        return body_name(value, lang)
    if name == "tlp":
        return f"{value} ({word('tlp', value, lang)})"
    return value_text(name, value, lang)


def _place(part: str, value: Any, lang: Language) -> str:
    if value is None:
        return ""
    if part == "point":
        return _point(value, lang)
    if part in _PLACE_CODES:
        codes = (value,) if isinstance(value, str) else value
        return ", ".join(_coded(code, lang) for code in codes)
    return value if part == "description" else _coded(value, lang)


def _point(point: Point, lang: Language) -> str:
    exact = "" if point.accuracy_m is None else f" ± {amount(point.accuracy_m, 'm', lang)}"
    return f"{point.lat}, {point.lon}{exact}"  # as it stands in the record: a rounded place would hide how exact it is


def _coded(code: str, lang: Language) -> str:
    name = place_name(code, lang)
    return code if name == code else f"{name} ({code})"


def _label(path: str, lang: Language) -> str:
    name, _, rest = path.partition(".")
    if name == TEXTS:
        tongue, _, part = rest.partition(".")
        return f"{word('field', part, lang)} ({word('language', tongue, lang)})"
    return word("field", rest or name, lang)


def _why(path: str, why: Mapping[str, str]) -> str:
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if found := why.get(".".join(parts[:length]), ""):
            return found
    # A clause may be of a part of what is one line here, as `operator.contact`.
    return next((said for name, said in why.items() if name.startswith(f"{path}.")), "")
