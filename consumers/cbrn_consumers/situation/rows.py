"""What a section of an overview is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Weight(StrEnum):
    """How much a row matters to the eye."""

    PLAIN = "plain"
    ALARM = "alarm"
    STRONG = "strong"
    QUIET = "quiet"


class Row(NamedTuple):
    """One line: what it is, and what is so; without a label it goes on with the one above, or says all by itself."""

    label: str
    text: str
    weight: Weight = Weight.PLAIN


class Section(NamedTuple):
    """Rows under one heading."""

    code: str
    title: str
    rows: tuple[Row, ...]
