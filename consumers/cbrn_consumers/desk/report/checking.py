"""What a form says, held against the kind's model: the event, or each mistake at the field where it was typed.

It is the same validation as everywhere on the bus; here every mistake is told at once, since the whole form is seen.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.desk.report.reading import read
from cbrn_consumers.desk.report.typed import PLACE
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.events.parse import read_typed
from cbrn_schemas.events.remedies.mistake import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_consumers.desk.report.reading import Answers
    from cbrn_consumers.desk.report.typed import Typed
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.events.remedies.mistake import Refused


_HINTED: Final = frozenset({"invalid_cas", "literal_error", "string_pattern_mismatch"})
"""Mistakes of which the bus says what may be meant; of the others our own words say all."""
PATTERN: Final = "string_pattern_mismatch"
_EXAMPLE: Final = re.compile(r"such as (.+)$")


class Mistake(NamedTuple):
    """One thing that is wrong with what was typed."""

    path: str
    """Where it was typed."""
    code: str
    """A code of the group `mistake`; that of pydantic where it found it."""
    context: Mapping[str, Any]
    message: str = ""
    """In English, as the bus says it."""
    hint: str = ""
    offered: tuple[str, ...] = ()
    """Codes of places that may be meant."""

    def said(self, lang: Language) -> tuple[str, str]:
        """Say what is wrong; and the bus's own hint in English, where it helps, or is all there is."""
        example = _EXAMPLE.search(FORMS.get(self.path.rpartition(".")[2], "")) if self.code == PATTERN else None
        label = words().get(("mistake", self.code if example is None else "pattern"))
        if label is None:
            return self.message or self.code, self.hint
        try:
            text = label.get(lang).format(**self.context, example=example and example[1])
        except (KeyError, IndexError):  # a validator that says less than it did: its own words do, too
            text = self.message
        return text, self.hint if lang == "en" and self.code in _HINTED else ""


class Checked(NamedTuple):
    """What a form comes to."""

    event: AnyEvent | None
    """None where there are mistakes."""
    mistakes: tuple[Mistake, ...]


def check(kind: str, typed: Typed, fixed: Mapping[str, Any]) -> Checked:
    """Read a form and validate it as the bus does; `fixed` is what nobody types: kind, body, status."""
    answers = read(kind, typed, fixed)
    place = answers.place
    wrong = [] if place is None else [Mistake(PLACE, place.problem, {}, offered=place.offered)]
    event = read_typed(json.dumps(answers.event, ensure_ascii=False), kind)
    if isinstance(event, tuple):
        # A place that was named and not found is told of once.
        wrong += [_mistake(each, answers) for each in event if not (wrong and each.where == "where")]
        return Checked(None, tuple(wrong))
    return Checked(None if wrong else event, tuple(wrong))


def _mistake(found: Refused, answers: Answers) -> Mistake:
    path = found.where
    for row, typed_row in answers.rows.items():
        if path == row or path.startswith(f"{row}."):
            path = f"{typed_row}{path[len(row) :]}"
            break
    return Mistake(path, found.error, found.context, found.message, found.hint)
