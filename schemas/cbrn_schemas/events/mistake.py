"""One mistake as the validator found it, and what its field looks like when it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

FORMS: Final = {
    "body": "a body's code, such as mes, moh, scns",
    "situation": "Latin letters, digits and . _ : / # -, such as KG-2026-minkush-truck",
    "station": "Latin letters, digits and . _ : / # -, such as minkush-gamma-1",
    "district": "a SOATE code of 5 or 8 digits, such as 41704230",
    "site": "a facility of the catalogue, such as F04",
    "crossing": "a crossing of the catalogue, such as ak-jol",
    "cas": "a CAS number with its hyphens, such as 143-33-9",
    "un_number": 'four digits in quotes, such as "1689"',
    "nuclide": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "nuclides": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "code": "a code of the catalogue in small letters, such as anthrax",
    "origin": "two capital letters (ISO 3166-1), such as KZ",
    "destination": "two capital letters (ISO 3166-1), such as KZ",
    "imported_from": "two capital letters (ISO 3166-1), such as KZ",
    "hs_code": '4, 6, 8 or 10 digits in quotes, such as "284590"',
    "basel_code": "such as Y10 or A3180",
    "headline": "one line, without line breaks and control characters",
    "description": "text without control characters",
    "instruction": "text without control characters",
}
"""What a field's text looks like, by the field's name."""


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
    strangers: tuple[str, ...]
    """Unknown fields in the same object."""

    @property
    def field(self) -> str:
        """Name of the field; for an item of a list the list's."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "value")


def form_of(mistake: Mistake) -> str:
    """What the field looks like when it is right."""
    form = FORMS.get(mistake.field)
    if form is not None:
        return f"write {form}"
    field = mistake.model.model_fields.get(mistake.field) if mistake.model else None
    if field is not None and field.description:
        return f"correct {mistake.field}: {field.description.splitlines()[0]}"
    return f"correct {mistake.field} or leave it out"
