"""A function's docstring says what it does: its first word is a verb, from the list of those in use."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.builders.sources import syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "routing", "producers", "consumers", "deploy")
VERBS = """
Add Answer Apply Ask Begin Bound Bring Build Cancel Change Check Close Collect Commit Compare Compile Compose Compute
Connect Convert Copy Count Create Deal Decide Declare Decode Describe Dispatch Do Download Draft Draw Drop Encode End
Enter Explain Fence Find Finish Fold Follow Forget Get Give Group Hand Handle Have Hear Hold Join Keep Lay Leave Let
List Load Locate Log Look Lower Make Map Mark Measure Merge Name Note Offer Open Order Pick Plan Play Print Project
Prove Publish Put Rank Read Rebuild Record Refuse Register Release Remember Remove Repair Repeat Replace Replay Report
Resolve Return Revoke Route Run Say Send Set Show Shut Sign Sort Spell Split Start Stop Store Sum Take Tell Throw Time
Try Unite Vary Verify Wait Warn Weigh Word Work Write Yield
"""
"""Whoever needs another verb, in the imperative, adds it here; articles, pronouns and question words are none."""


def first_words(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and first word of the docstring of every function that is no property."""
    for node in ast.walk(syntax_of(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text = ast.get_docstring(node)
        if text and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
            yield node.lineno, text.split()[0].rstrip(",.:;")


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_of_functions_begin_with_a_verb(package: str) -> None:
    """«The alert in a record» has to be read twice before one knows that it is read here."""
    words = [
        (f"{file.relative_to(ROOT)}:{line}", word)
        for file in sorted((ROOT / package).rglob("*.py"))
        for line, word in first_words(file.read_text(encoding="utf-8"))
    ]
    assert words
    assert not [f"{place}: {word}" for place, word in words if word not in VERBS.split()]


@pytest.mark.parametrize("word", ["The", "Whether", "What", "Returns", "return", "`name`"])
def test_a_docstring_that_begins_otherwise_is_found(word: str) -> None:
    """A list that lets everything through would guard nothing."""
    source = f'def f():\n    """{word} it."""\n@cached_property\ndef g(self):\n    """The thing."""\n'
    found = list(first_words(source))
    assert found == [(1, word)]
    assert word not in VERBS.split()
