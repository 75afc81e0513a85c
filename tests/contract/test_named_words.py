"""Every word that the code names stands in the table: a code that is gone would be shown bare, in English."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.builders.sources import syntax_of

from cbrn_schemas.catalogue.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
GROUP = {"_ui": "ui"}
"""Of helpers that take a code alone."""


def named(source: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield line, group and code of every word that is named literally."""
    for node in ast.walk(syntax_of(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
        if called == "word" and len(given) > 1:
            yield node.lineno, (given[0], given[1])
        elif called in GROUP and len(given) == 1:
            yield node.lineno, (GROUP[called], given[0])


@pytest.mark.parametrize("package", ["schemas", "routing", "producers", "consumers", "deploy"])
def test_every_word_that_is_named_is_in_the_table(package: str) -> None:
    """The prefix of an exercise's message by SMS once was `exercise`: its row had been given another group."""
    found = [
        f"{file.relative_to(ROOT)}:{line} {'/'.join(word)}"
        for file in (ROOT / package).rglob("*.py")
        for line, word in named(file.read_text(encoding="utf-8"))
        if word not in words()
    ]
    assert found == []
