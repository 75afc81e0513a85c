"""The form of a kind with what was typed into it: questions from the schema, labels and values in a reader's language.

What is asked follows from the schema alone, so a new kind or field has its form without a line here; only the order of
the few fields that every report has is written down.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.desk.report import places
from cbrn_consumers.desk.report.reading import LANGUAGES, is_fixed, is_measure
from cbrn_consumers.desk.report.shape import (
    Choice,
    Form,
    Group,
    Input,
    Question,
    Rows,
    Section,
    with_mistakes,
)
from cbrn_consumers.desk.report.typed import PLACE, ROWS_MAX, UNIT, rows_of, text_at, texts_at
from cbrn_consumers.desk.report.written import NO, UNIT_CHOICES, YES, measure_of, scales, truth_written
from cbrn_routing.facets import deciding_fields
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.catalogue.written import unit as unit_sign
from cbrn_schemas.contracts import event_document
from cbrn_schemas.contracts.fields import fields_of
from cbrn_schemas.details import code_name
from cbrn_schemas.events import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cbrn_consumers.desk.report.checking import Mistake
    from cbrn_consumers.desk.report.shape import Item
    from cbrn_consumers.desk.report.typed import Typed
    from cbrn_schemas.contracts.fields import SchemaField
    from cbrn_schemas.events.base import Language

FIRST: Final = ("station", "observed", "severity")
"""Asked of every kind that has them, before what the kind itself cannot do without."""
ABOUT_REPORT: Final = ("contact", "unit", "reporter", "tlp", "situation", "message_type", "references", "reported")
"""Of the report, not of what happened: proposed, and seldom changed."""
_SUGGESTED: Final = frozenset(
    {"site", "district", "crossing", "code", "origin", "destination", "imported_from"}
    | {"origin_country", "destination_country"}
)
_INPUTS: Final = {
    "number": Input.NUMBER,
    "whole": Input.WHOLE,
    "truth": Input.TRUTH,
    "time": Input.TIME,
    "day": Input.DAY,
}
_PROSE_FROM: Final = 1_000
"""A text that may be longer than this has several lines."""
_BLANK: Final = Choice("", "—")


def form(kind: str, typed: Typed, lang: Language, mistakes: Iterable[Mistake] = ()) -> Form:
    """Make the form of a kind with what was typed and what is wrong with it."""
    return _Asker(kind, typed, lang).form(tuple(mistakes))


class _Asker:
    def __init__(self, kind: str, typed: Typed, lang: Language) -> None:
        self._kind = kind
        self._typed = typed
        self._lang = lang
        self._schema = event_document(kind).schema
        self._fields = {name: each for name, each in fields_of(self._schema).items() if not is_fixed(each)}

    def form(self, mistakes: tuple[Mistake, ...]) -> Form:
        sections = [section for section in self._sections() if section.items]
        known = {each.path for each in Form(self._kind, tuple(sections)).everything}
        at: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for mistake in mistakes:
            at[self._shown_at(mistake.path, known)].append(mistake.said(self._lang))
        nowhere = tuple(at.pop("", ()))
        offered = tuple(code for mistake in mistakes for code in mistake.offered)
        return Form(self._kind, with_mistakes(self._offering(sections, offered), at), nowhere)

    def _sections(self) -> Iterator[Section]:
        fields, lang = self._fields, self._lang
        texts = fields["texts"]
        required = [name for name, field in fields.items() if field.required]
        deciding = deciding_fields(EVENT_TYPES[self._kind])
        own = [name for name in fields if name not in {*ABOUT_REPORT, "where", "texts"}]
        needed = [name for name in (*FIRST, *required) if name in own]
        rest = [name for name in own if name not in needed]
        others = (self._text(texts, other) for other in LANGUAGES if other != lang)
        in_words = self._text(texts, lang).questions
        if texts.required:
            yield Section("words", in_words)
        yield Section("place", tuple(self._where()))
        yield Section("needed", self._items(dict.fromkeys(needed)))
        if not texts.required:  # a reading needs no words
            yield Section("words", in_words, folded=True)
        yield Section("deciding", self._items(name for name in rest if name in deciding))
        yield Section("more", self._items(name for name in rest if name not in deciding), folded=True)
        yield Section("languages", tuple(others), folded=True)
        yield Section("report", self._items(name for name in ABOUT_REPORT if name in fields), folded=True)

    def _items(self, names: Iterable[str]) -> tuple[Item, ...]:
        return tuple(self._item(self._fields[name], name) for name in names)

    def _item(self, field: SchemaField, path: str) -> Item:
        if field.part is None:
            return self._question(field, path)
        if field.several:
            return self._rows(field, path)
        return Group(**self._head(field, path), questions=self._inside(field, path))

    def _rows(self, field: SchemaField, path: str) -> Rows:
        most = min(field.items[1] or ROWS_MAX, ROWS_MAX)
        shown = max(rows_of(self._typed, path), 1 if field.required and field.items[0] else 0)
        label = word("field", field.name, self._lang)
        groups = (
            Group(
                path=f"{path}.{row}",
                label=f"{label} {row + 1}",
                questions=self._inside(field, f"{path}.{row}"),
            )
            for row in range(min(shown, most))
        )
        return Rows(**self._head(field, path), groups=tuple(groups), full=shown >= most)

    def _inside(self, field: SchemaField, path: str) -> tuple[Question, ...]:
        """Ask for the fields of an object: what is measured and its unit are one question, behind the value."""
        fields = fields_of(self._schema, field.part)
        asked = [each for each in fields.values() if not is_fixed(each)]
        if is_measure(fields):
            head = ("value", "unit")
            asked = [
                *(fields[name] for name in head),
                *(each for each in asked if each.name not in {*head, "quantity"}),
            ]
            return tuple(
                self._measure(each, fields["quantity"], f"{path}.unit")
                if each.name == "unit"
                else self._question(each, f"{path}.{each.name}", field.part)
                for each in asked
            )
        return tuple(self._question(each, f"{path}.{each.name}", field.part) for each in asked)

    def _measure(self, unit: SchemaField, quantity: SchemaField, path: str) -> Question:
        lang = self._lang
        choices = [
            Choice(measure_of(name, code), unit_sign(code, lang) or code, word("quantity", name, lang))
            for name, codes in scales(quantity.allowed).items()
            for code in codes
        ]
        return Question(
            path=path,
            label=word("field", "quantity", lang),
            required=unit.required,
            input=Input.ONE,
            values=tuple(texts_at(self._typed, path)),
            choices=(_BLANK, *choices),
        )

    def _text(self, field: SchemaField, lang: Language) -> Group:
        path = f"{field.name}.{lang}"
        fields = fields_of(self._schema, field.part)
        questions = []
        for each in fields.values():
            asked = self._question(each, f"{path}.{each.name}")
            needed = each.required and field.required and lang == self._lang
            questions.append(replace(asked, required=needed))
        return Group(path=path, label=word("language", lang, self._lang), questions=tuple(questions))

    def _where(self) -> Iterator[Item]:
        """Ask for the place: by name, or as a point; codes are for those who know them."""
        fields = fields_of(self._schema, self._fields["where"].part)
        point = fields_of(self._schema, fields["point"].part).values()
        yield Question(
            path=PLACE,
            label=word("field", "where", self._lang),
            about=self._about("where.place"),
            input=Input.LINE,
            values=tuple(texts_at(self._typed, PLACE)),
            # A press on the map answers it, too; that nothing can be sent without a place is said before all the same.
            required=self._fields["where"].required,
            chars=200,
            suggests="place",
        )
        yield Group(
            path="where.point",
            label=self._label("point"),
            # Both or none: alone neither is needed, since a name will do.
            questions=tuple(
                replace(self._question(each, f"where.point.{each.name}"), required=False) for each in point
            ),
        )
        yield self._question(fields["description"], "where.description", "Where")
        codes = tuple(self._question(fields[name], f"where.{name}") for name in ("site", "district", "crossing"))
        yield Group(
            path="where.codes",
            label=self._about("where.codes"),
            questions=(*codes, self._question(fields["further_districts"], "where.further_districts")),
        )

    def _question(self, field: SchemaField, path: str, part: str | None = None) -> Question:
        values = tuple(texts_at(self._typed, path))
        default = _default(field)
        asked = _input(field)
        if asked in {Input.LINES, Input.SEVERAL}:
            values = tuple(filter(None, values))
        elif not any(values) and default:
            values = (default,)
        own = field.unit if field.unit not in {None, "1"} else None
        units = UNIT_CHOICES.get(own or "", ("", ()))[1] if asked is Input.NUMBER else ()
        return Question(
            **self._head(field, path, part),
            input=asked,
            values=values,
            choices=tuple(self._choices(field, asked, default)),
            unit=unit_sign(own, self._lang) if own else "",
            units=tuple(Choice(code, unit_sign(code, self._lang)) for code in units),
            chosen_unit=text_at(self._typed, f"{path}{UNIT}") or (own or ""),
            chars=field.chars,
            default=default,
            suggests=field.name if asked is Input.LINE and field.name in _SUGGESTED else "",
        )

    def _choices(self, field: SchemaField, asked: Input, default: str) -> Iterator[Choice]:
        if asked in {Input.ONE, Input.TRUTH} and not default:
            yield _BLANK
        if asked is Input.TRUTH:
            for value in (YES, NO):
                yield Choice(value, word("facet", value, self._lang))
        for value in field.allowed:
            yield Choice(str(value), code_name(field.name, str(value), self._lang))

    def _head(self, field: SchemaField, path: str, part: str | None = None) -> dict[str, Any]:
        return {
            "path": path,
            "label": self._label(field.name if part is None else f"{part}.{field.name}"),
            "about": self._about(field.name if part is None else f"{part}.{field.name}", field),
            "required": field.required,
        }

    def _label(self, code: str) -> str:
        """Name a field: as a form asks for it, where the word that lists show says too little alone."""
        name = code.rpartition(".")[2]
        asked = words().get(("field-label", code)) or words().get(("field-label", name))
        return word("field", name, self._lang) if asked is None else asked.get(self._lang)

    def _about(self, code: str, field: SchemaField | None = None) -> str:
        """Say what belongs into a field, and how far its value may go."""
        said = words().get(("field-about", code)) or words().get(("field-about", code.rpartition(".")[2]))
        text = said.get(self._lang) if said else ""
        if not text and field is not None and self._lang == "en":
            text = field.about.replace("`", "").rstrip(".")
        if said or field is None:
            return text
        bounds = ", ".join(filter(None, (field.least, field.most)))
        return " · ".join(filter(None, (text, "" if bounds == "≥ 0" else bounds)))

    def _shown_at(self, path: str, known: set[str]) -> str:
        """Return where a mistake is shown: its field, the nearest thing around it that is shown; else nowhere."""
        alike = {"where": PLACE, "texts": f"texts.{self._lang}.headline"}
        while path:
            for shown in (path, alike.get(path, path), f"{path.removesuffix('quantity')}unit"):
                if shown in known:
                    return shown
            path = path.rpartition(".")[0]
        return ""

    def _offering(self, sections: Sequence[Section], codes: tuple[str, ...]) -> Sequence[Section]:
        """Put places that may be meant beside the question for the place."""
        if not codes:
            return sections
        offered = tuple(Choice(code, places.described(code, self._lang).label) for code in codes)
        return [
            replace(
                section,
                items=tuple(
                    replace(item, offered=offered) if isinstance(item, Question) and item.path == PLACE else item
                    for item in section.items
                ),
            )
            for section in sections
        ]


def _default(field: SchemaField) -> str:
    if isinstance(field.default, bool):
        return truth_written(field.default)
    return field.default if isinstance(field.default, str) else ""


def _input(field: SchemaField) -> Input:
    if field.allowed:
        return Input.SEVERAL if field.several else Input.ONE
    if field.several:
        return Input.LINES
    if field.form == "text" and (field.chars or 0) > _PROSE_FROM:
        return Input.PROSE
    return _INPUTS.get(field.form, Input.LINE)
