"""The columns of the folder's tables: which must be there, and how each cell is read into the shipped tables' form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.own.faults import cell_shown
from cbrn_schemas.catalogue.spelling import CHARS_MAX, did_you_mean
from cbrn_schemas.catalogue.tables import Confidence, listed
from cbrn_schemas.users import is_reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

KINDS: Final = (
    *("ministry", "committee", "academy", "service", "representative", "mayor", "group", "neighbour", "organisation"),
)
"""`BodyKind`, which stands above this room."""
HAZARDS: Final = ("chemical", "biological", "radiological", "nuclear")
LETTERS: Final = ("C", "B", "R", "N")
CODE_CHARS_MAX: Final = 32
BOX: Final = {"lat": (39.0, 43.5), "lon": (69.0, 80.5)}
"""Around the country, with a margin for estimates; which district a point lies in, the map says."""

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SITE: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_REGISTER: Final = re.compile(r"F[0-9]+")
_DATE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_TELEPHONE: Final = re.compile(r"\+?[0-9][0-9 ().,/-]{1,40}")
_EMAIL: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")


class Wrong(Exception):  # noqa: N818 - a cell that is wrong, not yet an error of anybody: the reader makes a fault of it
    """A cell cannot be taken."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Column:
    """What a cell is read by."""

    read: Callable[[str], str] = str
    """Of a cell that is not empty. Raises Wrong."""
    needed: bool = False
    """The heading must have it."""
    default: str = ""


def _code(text: str) -> str:
    if _CODE.fullmatch(text) is None or not 1 < len(text) <= CODE_CHARS_MAX:
        what = f"{cell_shown(text)} is no code"
        raise Wrong(
            what, f"2 to {CODE_CHARS_MAX} small Latin letters, digits and hyphens, a letter first: gas-service."
        )
    if is_reserved(text) or text == "broker":
        raise Wrong(f"{cell_shown(text)} is a name of the bus's own", "Choose another code.")
    return text


def _name(text: str) -> str:
    if len(text) > CHARS_MAX:
        raise Wrong(f"it has more than {CHARS_MAX} characters", "Nobody could search for it: say it in fewer.")
    if not any(map(str.isalnum, text)):
        raise Wrong(f"{cell_shown(text)} is no name", "Write it in letters.")
    return text


def _site(text: str) -> str:
    text = text.upper()
    if _SITE.fullmatch(text) is None or not 1 < len(text) <= CODE_CHARS_MAX:
        raise Wrong(f"{cell_shown(text)} is no id of a site", "Latin letters, digits and hyphens, such as GAS-01.")
    if _REGISTER.fullmatch(text):
        raise Wrong(f"{cell_shown(text)}: F and a number are the register's own", "Begin it otherwise: GAS-01.")
    return text


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        folded = {each.casefold(): each for each in allowed}
        if text.casefold() not in folded:
            remedy = did_you_mean(text, allowed) or f"Write one of {', '.join(allowed)}."
            raise Wrong(f"{cell_shown(text)} is not among what can stand here", remedy)
        return folded[text.casefold()]

    return read


def _several(read: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "|".join(map(read, listed(text)))


def _date(text: str) -> str:
    if (local := _DATE.fullmatch(text)) is not None:  # as spreadsheets here turn every date
        day, month, year = local.groups()
        text = f"{year}-{int(month):02}-{int(day):02}"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Wrong(f"{cell_shown(text)} is no date", "Write it as 2027-01-31.") from None


def _number(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        raise Wrong(f"{cell_shown(text)} is no number", "Write degrees or kilometres as 42.87.") from None
    if not abs(value) < 1e6:  # noqa: PLR2004 - neither infinite nor none
        raise Wrong(f"{cell_shown(text)} is no number that can be meant", "Write it as 42.87.")
    return repr(value)


def _degrees(axis: str) -> Callable[[str], str]:
    low, high = BOX[axis]

    def read(text: str) -> str:
        value = _number(text)
        if not low <= float(value) <= high:
            other = BOX["lon" if axis == "lat" else "lat"]
            swapped = other[0] <= float(value) <= other[1]
            remedy = "lat and lon seem to be swapped." if swapped else f"In the country it is {low} to {high}."
            raise Wrong(f"{text} lies outside the country", remedy)
        return value

    return read


def _distance(text: str) -> str:
    value = _number(text)
    if not 0 < float(value) <= 100:  # noqa: PLR2004 - a third of the country
        raise Wrong(f"{text} km is no accuracy", "Within how many km of the point does it lie? 0.1 to 100.")
    return value


def _matching(pattern: re.Pattern[str], what: str, remedy: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise Wrong(f"{cell_shown(text)} is no {what}", remedy)
        return text

    return read


_country = _matching(_COUNTRY, "country", "Write two capital letters, as UZ.")
_yes_no = Column(_one_of("yes", "no"))
_text = Column()
_sure = Column(_one_of(*Confidence), default=Confidence.MEDIUM)
_source = Column(default="the installation's own catalogue")
_names: Final[Mapping[str, Column]] = {f"name_{lang}": Column(_name, needed=True) for lang in ("ky", "ru", "en")}

TABLES: Final[Mapping[str, Mapping[str, Column]]] = {
    "bodies.csv": {
        "code": Column(_code, needed=True),
        "kind": Column(_one_of(*KINDS)),
        **dict.fromkeys(("ky", "ru", "en"), Column(_name)),  # a file of changes alone has none
        **dict.fromkeys(("short_ky", "short_ru", "short_en"), Column(_name)),
        "parent": _text,
        "member": Column(_one_of("no"), default="no"),
        "region": _text,
        "country": Column(_country),
        "publishes": _yes_no,
        "receives": _yes_no,
        "hazards": Column(_several(_one_of(*HAZARDS))),
        "duty_24_7": _yes_no,
        "duty_confirmed": _yes_no,
        "valid_from": Column(_date),
        "valid_to": Column(_date),
        "successors": _text,
        "aliases": Column(_several(_name)),
        "note": _text,
        "source": _source,
        "confidence": _sure,
        "confidence_ky": _sure,
        "changes": _yes_no,
    },
    "facilities.csv": {
        "id": Column(_site, needed=True),
        **_names,
        "kind": Column(needed=True),
        "hazards": Column(_several(_one_of(*LETTERS)), needed=True),
        "lat": Column(_degrees("lat")),
        "lon": Column(_degrees("lon")),
        "accuracy_km": Column(_distance),
        "surveyed": Column(_one_of("yes", "no"), default="no"),
        "coord_source": _source,
        "districts": Column(needed=True),
        **dict.fromkeys(("rivers", "operator_body", "operator", "quantity", "state"), _text),
        "source": _source,
        "confidence": _sure,
    },
    "crossings.csv": {
        "slug": Column(_code, needed=True),
        **_names,
        "neighbour": Column(_one_of("KZ", "UZ", "TJ", "CN"), needed=True),
        "opposite": _text,
        "mode": Column(default="road"),
        "region": _text,
        "district": Column(needed=True),
        "lat": Column(_degrees("lat"), needed=True),
        "lon": Column(_degrees("lon"), needed=True),
        "accuracy_km": Column(_distance, default="5"),
        "note": _text,
        "coord_source": _source,
        "source": _source,
        "confidence": _sure,
    },
    "contacts.csv": {
        "body": Column(needed=True),
        "post": Column(needed=True),
        "telephone": Column(_matching(_TELEPHONE, "telephone number", "Write it as +996 312 123456.")),
        "email": Column(_matching(_EMAIL, "address of mail", "Write it as duty@example.kg.")),
        "source": _source,
    },
}
"""By file: columns in the order of the shipped tables; `contacts.csv` has no shipped one."""
NAME_COLUMNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "bodies.csv": ("ky", "ru", "en"),
    "facilities.csv": ("name_ky", "name_ru", "name_en"),
    "crossings.csv": ("name_ky", "name_ru", "name_en"),
}
KEYS: Final[Mapping[str, str]] = {"bodies.csv": "code", "facilities.csv": "id", "crossings.csv": "slug"}
CHANGEABLE: Final[Collection[str]] = frozenset(
    {"code", "changes", "valid_to", "successors", "aliases", "note", "source"}
)
"""What a row may say that changes a shipped body: it can be ended, and called by more names."""
