"""The form of a kind, made from its schema: what an officer is asked, in the order that one needs.

First what happened in one line, then where, what the report cannot do without, what decides who is told; the rest is
folded. Only words and values: how it looks is a template's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Input(StrEnum):
    """How a question is answered."""

    LINE = "line"
    PROSE = "prose"
    LINES = "lines"
    """Several short texts, one a line."""
    NUMBER = "number"
    WHOLE = "whole"
    TRUTH = "truth"
    TIME = "time"
    DAY = "day"
    ONE = "one"
    """One of a list."""
    SEVERAL = "several"
    """Any of a list."""


class Choice(NamedTuple):
    """One value of a list."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a question, or of a group of them."""

    path: str
    label: str
    about: str = ""
    required: bool = False
    mistakes: tuple[tuple[str, str], ...] = ()
    """What is wrong with what was typed, and the bus's own hint in English."""

    @property
    def key(self) -> str:
        """A name for labels and addresses in the page."""
        return "f-" + self.path.replace(".", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Said):
    """One field of the form."""

    input: Input
    values: tuple[str, ...] = ()
    """What was typed."""
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    """The unit's sign, behind the number."""
    units: tuple[Choice, ...] = ()
    """Units in which the number may be written, the field's own first."""
    chosen_unit: str = ""
    chars: int | None = None
    default: str = ""
    """What is chosen where nobody chooses."""
    suggests: str = ""
    """The name of a list of suggestions."""
    offered: tuple[Choice, ...] = ()
    """What may be meant by what was typed."""

    @property
    def value(self) -> str:
        """What was typed, where it is one text."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Said):
    """The fields of one object."""

    questions: tuple[Question | Group, ...]

    @property
    def given(self) -> bool:
        """Tell whether anything was typed in it, or is wrong: then it is not folded."""
        return bool(self.mistakes) or any(_given(each) for each in self.questions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Said):
    """A list of objects, a group each."""

    groups: tuple[Group, ...]
    full: bool = False
    """Whether no more can be added."""


Item = Question | Group | Rows


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form under a heading."""

    code: str
    items: tuple[Item, ...]
    folded: bool = False

    @property
    def open(self) -> bool:
        """Tell whether it is shown at once: it matters to all, or something was typed in it."""
        return not self.folded or any(_given(item) for item in self.items)

    @property
    def wrong(self) -> int:
        """Count the mistakes in it."""
        return sum(len(each.mistakes) for item in self.items for each in every(item))


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form of a kind."""

    kind: str
    sections: tuple[Section, ...]
    mistakes: tuple[tuple[str, str], ...] = ()
    """What is wrong and belongs to no field that is shown."""

    @property
    def everything(self) -> Iterator[Item]:
        """Every question, group and list, in the order shown."""
        return (each for section in self.sections for item in section.items for each in every(item))

    @property
    def wrong(self) -> tuple[Item, ...]:
        """What has a mistake, in the order shown."""
        return tuple(each for each in self.everything if each.mistakes)


def every(item: Item) -> Iterator[Item]:
    """Yield an item and what it consists of."""
    yield item
    inner: Iterable[Item] = ()
    if isinstance(item, Group):
        inner = item.questions
    elif isinstance(item, Rows):
        inner = item.groups
    for each in inner:
        yield from every(each)


def _given(item: Item) -> bool:
    match item:
        case Question():
            return bool(item.mistakes) or any(value not in {"", item.default} for value in item.values)
        case Group():
            return item.given
        case Rows():
            return bool(item.groups) or bool(item.mistakes)


def with_mistakes(sections: Sequence[Section], at: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[Section, ...]:
    """Put mistakes, by the path of what has them, into the sections."""

    def put(item: Any) -> Any:
        marked = replace(item, mistakes=tuple(at.get(item.path, ())))
        match marked:
            case Group():
                return replace(marked, questions=tuple(map(put, marked.questions)))
            case Rows():
                return replace(marked, groups=tuple(map(put, marked.groups)))
        return marked

    return tuple(replace(section, items=tuple(map(put, section.items))) for section in sections)
