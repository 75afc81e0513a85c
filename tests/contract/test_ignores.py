"""What a checker is told to overlook has its reason beside it."""

from __future__ import annotations

import re

import pytest
from tests.builders.golden import ROOT

BARE = re.compile(r"#\s*(?:noqa(?:: *[A-Z0-9, ]+)?|type: *ignore(?:\[[a-z, -]+\])?)\s*$|#\s*ruff: noqa[A-Z0-9:, ]*$")
FILES = sorted(
    path
    for folder in ("schemas", "routing", "producers", "consumers", "deploy", "tests", ".ci")
    for path in (ROOT / folder).rglob("*.py")
)


def test_every_ignore_says_why() -> None:
    """Nobody dares to remove one of which nobody knows what it was for."""
    lines = [(path, line) for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 10_000
    assert not [f"{path.relative_to(ROOT)}: {line.strip()}" for path, line in lines if BARE.search(line)]


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("x  # noqa: S301", True),
        ("x  # noqa", True),
        ("x  # type: ignore[misc]", True),
        ("x  # noqa: FBT001, FBT002 - memoised", False),
        ("x  # type: ignore[misc] # one of two", False),
        ("# ruff: noqa: PLC0415 - help is quick", False),
    ],
)
def test_a_bare_one_is_found(line: str, *, bare: bool) -> None:
    """A pattern that lets everything through would guard nothing."""
    assert bool(BARE.search(line)) is bare
