"""The short way through an envelope, which nearly every record takes, against the long one, which knows everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbrn_schemas import envelope
from cbrn_schemas.envelope import Envelope, Header, binary_headers, read_envelope
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.headers import HEADER_BYTES_MAX

USUAL = binary_headers(id="a-1", source="/mes/post", type="kg.x", time="2026-05-01T06:00:00Z", subject="KG-2026")
CONTENTS: list[Any] = [
    *(None, b"", b" ", b"1.0", b"/mes", b"mes", b"\xff", b"\xd0\xb9", b"a\nb", b"\x7f", b"x" * 128, b"x" * 129),
    *(b"/" + b"x" * 255, b"/" + b"x" * 256, b"2026-05-01T06:00:00+06:00", b"2026-02-30T06:00:00Z", b"2026-05-01T06Z"),
    *(b"2026-05-01T06:00:00." + b"1" * 200 + b"Z", b"application/json", b"application/json; charset=utf-8"),
    *(b"y" * length for length in range(HEADER_BYTES_MAX - 190, HEADER_BYTES_MAX, 30)),
]
NAMES = [*sorted(envelope._USUAL), "x-own", "CE_ID", "Content-Type", "cbrn_role", "cbrn_signature", "ce_more"]


@st.composite
def headers(draw: st.DrawFn) -> list[Header]:
    """What publishers send, with up to three headers that are wrong, odd, too many or missing."""
    drawn = list(USUAL)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(drawn)))
        name, content = draw(st.sampled_from(NAMES)), draw(st.sampled_from(CONTENTS))
        if place < len(drawn) and draw(st.booleans()):
            drawn[place : place + 1] = draw(st.sampled_from([[], [(drawn[place][0], content)]]))
        else:
            drawn.insert(place, (name, content))
    return drawn


def read(given: list[Header]) -> Envelope | tuple[Any, ...]:
    """The envelope, or all that its refusal says."""
    try:
        return read_envelope(given, b"{}")
    except InvalidEventError as refused:
        return refused.reason, refused.where, str(refused), refused.hint


def agree(given: list[Header]) -> None:
    short = read(given)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(envelope, "_plain", lambda *_: None)
        long = read(given)
    if isinstance(short, Envelope) and isinstance(long, Envelope):
        content = ("content-type", envelope.JSON_CONTENT)
        assert sorted([*(each for each in short.headers if each != content), content]) == sorted(long.headers)
        assert short[:4] + short[5:] == long[:4] + long[5:]
    else:
        assert short == long


@pytest.mark.parametrize("name", NAMES)
def test_the_short_way_says_of_any_header_what_the_long_one_says(name: str) -> None:
    """It looks at less: what it let through would be a header that no reader elsewhere can read."""
    others = [header for header in USUAL if header[0] != name]
    agree(others)
    for content in CONTENTS:
        agree([*others, (name, content)])
        agree([*USUAL, (name, content)])


@settings(max_examples=1000)
@given(headers())
def test_the_short_way_says_what_the_long_one_says(given: list[Header]) -> None:
    """Several oddities at once; sizes add up."""
    agree(given)


def test_nothing_is_remembered_that_may_be_of_any_size() -> None:
    """Whoever may publish could else fill the router's memory with headers."""
    envelope._of_publisher.cache_clear()
    for number in range(5):
        read_envelope([*USUAL, (f"x-own-{number}", b"y" * 9_000)], b"{}")
        read([(name, b"/mes/" + b"y" * 9_000 if name == "ce_source" else content) for name, content in USUAL])
        read([(name, b"%d" % number * 9_000 if name == "ce_type" else content) for name, content in USUAL])
    assert envelope._of_publisher.cache_info().currsize == 0
    read_envelope(USUAL, b"{}")
    assert envelope._of_publisher.cache_info().currsize == 1
