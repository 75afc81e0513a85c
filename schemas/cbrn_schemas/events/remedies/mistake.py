"""One mistake as the validator found it, and what its field looks like when it is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.documented import descriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

TIME_FORM: Final = "2026-03-01T04:15:00+06:00 (Bishkek) or 2026-02-28T22:15:00Z (UTC)"
FORMS: Final = {
    "observed": f"when it was seen or measured: {TIME_FORM}",
    "reported": f"when the body passed it on: {TIME_FORM}",
    "body": "a body's code, such as mes, moh, scns",
    "situation": "Latin letters, digits and . _ : / # -, such as KG-2026-minkush-truck",
    "station": "Latin letters, digits and . _ : / # -, such as minkush-gamma-1",
    "district": "a SOATE code of 5 or 8 digits, such as 41704230",
    "further_districts": "SOATE codes of 5 or 8 digits, such as 41704230",
    "site": "a facility of the catalogue, such as F04",
    "crossing": "a crossing of the catalogue, such as ak-jol",
    "cas": "a CAS number with its hyphens, such as 143-33-9",
    "un_number": 'four digits in quotes, such as "1689"',
    "nuclide": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "nuclides": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "code": "a code of the catalogue in small letters, such as anthrax",
    "origin": "two capital letters (ISO 3166-1), such as KZ",
    "destination": "two capital letters (ISO 3166-1), such as KZ",
    "origin_country": "two capital letters (ISO 3166-1), such as KZ",
    "destination_country": "two capital letters (ISO 3166-1), such as KZ",
    "imported_from": "two capital letters (ISO 3166-1), such as KZ",
    "hs_code": '4, 6, 8 or 10 digits in quotes, such as "284590"',
    "hs_codes": '4, 6, 8 or 10 digits in quotes, such as "020714"',
    "basel_code": "such as Y10 or A3180",
    "headline": "one line, without line breaks and control characters",
    "description": "text without control characters",
    "instruction": "text without control characters",
}
"""What a field's text looks like, by the field's name."""


Words = tuple[str, str]
"""Message and hint."""
_BITS_SHOWN_MAX: Final = 256
_TEXT_CHARS_MAX: Final = 1_000
"""A longer value is no code in another form; what is looked up is remembered, too."""
_JSON_KINDS: Final[Mapping[type, str]] = {dict: "an object", list: "a list", tuple: "a list"}


class Mistake(NamedTuple):
    """One thing that the validator found."""

    error: str
    """Pydantic's error type."""
    path: tuple[str | int, ...]
    value: Any
    context: Mapping[str, Any]
    said: str
    """Pydantic's own words."""
    model: type[BaseModel] | None
    """The model whose field it is, where it could be found."""
    unknown_fields: Mapping[str, Any]
    """Unknown fields in the same object, with their values."""

    @property
    def field(self) -> str:
        """Name of the field; for an item of a list the list's."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "value")

    @property
    def text(self) -> str:
        """The value where it is a text or a whole number of a sensible length; else empty."""
        if isinstance(self.value, str) and len(self.value) <= _TEXT_CHARS_MAX:
            return self.value.strip()
        whole = isinstance(self.value, int) and self.value.bit_length() <= _BITS_SHOWN_MAX
        return str(self.value) if whole and not isinstance(self.value, bool) else ""

    @property
    def known(self) -> FieldInfo | None:
        """The field in its model, where it has one."""
        return self.model.model_fields.get(self.field) if self.model else None

    @property
    def described(self) -> str:
        """What the field is, in a line; empty where its model does not say."""
        return descriptions(self.model).get(self.field, "").partition("\n")[0] if self.model else ""

    @property
    def made_of(self) -> frozenset[str]:
        """Names of the fields of the object that belongs here; none where no object does."""
        inside = (
            self.model
            if self.path and isinstance(self.path[-1], int)
            else model_in(self.known and self.known.annotation)
        )
        return frozenset(inside.model_fields if inside else ())

    def if_unknown(self) -> str:
        """Name the way out of whoever does not know the value; none where the field is required."""
        required = self.known is not None and self.known.is_required()
        return "" if required else f"; leave {self.field} out if it is not known"


class Refused(NamedTuple):
    """One of several mistakes in an event."""

    where: str
    """The field in dotted form."""
    error: str
    """Pydantic's error type."""
    context: Mapping[str, Any]
    """Bounds and the like, by pydantic's names."""
    message: str
    hint: str


def model_in(annotation: object) -> type[BaseModel] | None:
    """Find the first model that an annotation mentions: of `tuple[Measurement, ...] | None`, `Measurement`."""
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        return annotation
    found = (model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)


def form_of(mistake: Mistake) -> str:
    """Say what the field looks like when it is right."""
    form = FORMS.get(mistake.field)
    if form is not None:
        return f"write {form}"
    if mistake.described:
        return f"correct {mistake.field}: {mistake.described}"
    return f"correct {mistake.field}{mistake.if_unknown()}"


def shown(value: object) -> str:
    """Write a value as it goes into a message: short, on one line, words as JSON has them."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > _BITS_SHOWN_MAX:
        return "a number of very many digits"  # which Python may refuse to write
    if isinstance(value, str | int | float):
        text = repr(value).removesuffix(".0")  # a whole number is read by way of a float
    else:
        text = _JSON_KINDS.get(type(value), type(value).__name__)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line of a terminal has room for 60 of it


def plain(said: str) -> str:
    """Write pydantic's words as the middle of a sentence."""
    return said[:1].lower() + said[1:]
