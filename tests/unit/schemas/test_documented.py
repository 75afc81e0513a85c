"""Docstrings of fields, as schemas and hints show them."""

from cbrn_schemas import documented
from cbrn_schemas.documented import Documented, descriptions


class Report(Documented):
    place: str
    """Where it was."""
    dose: float
    """In sieverts,
    of the whole body."""
    note: str


class Measured(Report):
    dose: float = 0.0
    note: str = ""
    """In words."""


def test_a_field_has_the_docstring_beneath_its_last_declaration():
    """What a parent says of a field need not hold of the field that a child declares anew."""
    assert descriptions(Report) == {"place": "Where it was.", "dose": "In sieverts,\nof the whole body."}
    assert descriptions(Measured) == {"place": "Where it was.", "note": "In words."}
    fields = Measured.model_json_schema()["properties"]
    assert {name: field.get("description") for name, field in fields.items()} == {
        "place": "Where it was.",
        "dose": None,
        "note": "In words.",
    }


def test_without_the_source_nothing_is_described(monkeypatch):
    """A refusal is worded all the same where the program came without its source."""

    def gone(_module):
        raise OSError

    monkeypatch.setattr(documented, "getsource", gone)
    documented._classes.cache_clear()
    assert documented._classes(__name__) == {}
    documented._classes.cache_clear()
