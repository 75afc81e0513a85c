"""A text into parts: 70 then 67 letters of Kyrgyz, 160 then 153 of Latin; nothing torn, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.notify.parts import GSM, PARTS_MAX, parts_of

KYRGYZ = "Өзгөн ң ү "


@pytest.mark.parametrize(
    ("text", "encoding", "sizes"),
    [
        ("ө" * 70, "ucs2", [70]),
        ("ө" * 71, "ucs2", [67, 4]),
        ("ө" * 79, "ucs2", [67, 12]),
        ("ө" * 134, "ucs2", [67, 67]),
        ("ө" * 135, "ucs2", [67, 67, 1]),
        ("a" * 160, "gsm0338", [160]),
        ("a" * 161, "gsm0338", [153, 8]),
        ("a" * 160 + "ө", "ucs2", [67, 67, 27]),
        ("😀" * 35, "ucs2", [35]),
        ("😀" * 36, "ucs2", [33, 3]),
    ],
)
def test_the_sizes_of_parts(text, encoding, sizes):
    """79 Kyrgyz letters are two messages, also on the bill; a letter of two units is not torn."""
    parts = parts_of(text)
    assert (parts.encoding, [len(part) for part in parts.texts]) == (encoding, sizes)
    headers = parts.headers(300)
    assert len(headers) == (len(sizes) if len(sizes) > 1 else 0)
    assert all(header == bytes((5, 0, 3, 44, len(sizes), at)) for at, header in enumerate(headers, 1))


@given(st.one_of(st.text(max_size=400), st.text(GSM, max_size=900), st.text(KYRGYZ + "😀", max_size=500)))
def test_parts_joined_are_the_text_and_each_fits(text):
    text = text.encode("utf-8", "ignore").decode()
    parts = parts_of(text)
    assert "".join(parts.texts) == text
    room = 160 if parts.encoding == "gsm0338" else 70
    if len(parts.texts) > 1:
        room = 153 if parts.encoding == "gsm0338" else 67
    assert all(len(one.encode("utf-16-be")) // 2 <= room for one in parts.texts)


@pytest.mark.parametrize("letter", ["a", "ө"])
def test_what_is_a_letter_and_no_message_is_cut_and_says_so(letter):
    parts = parts_of(letter * 5000)
    assert len(parts.texts) == PARTS_MAX
    assert parts.texts[-1].endswith(("...", "…"))
