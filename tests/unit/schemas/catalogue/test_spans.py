"""Lengths of time as somebody says them who looks at a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import ago, countdown, span

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        ({"seconds": 40}, "40 s"),
        ({"seconds": 60}, "1 min"),
        ({"minutes": 12, "seconds": 59}, "12 min"),
        ({"hours": 2}, "2 h"),
        ({"hours": 2, "minutes": 5}, "2 h 5 min"),
        ({"hours": 47, "minutes": 59}, "47 h 59 min"),
        ({"days": 3, "hours": 4}, "3 d"),
        ({"minutes": -5}, "5 min"),
    ],
)
def test_a_length_is_as_exact_as_one_needs(length, said):
    """Nobody acts on the seconds of an hour."""
    assert span(timedelta(**length), "en") == said


@pytest.mark.parametrize(
    ("lang", "soon", "late", "before"),
    [
        ("en", "in 12 min", "late 3 min", "5 min ago"),
        ("ru", "через 12 мин", "опоздание 3 мин", "5 мин назад"),
        ("ky", "12 мүн калды", "3 мүн кечикти", "5 мүн мурун"),
    ],
)
def test_how_long_there_is_and_how_long_ago_in_each_language(lang, soon, late, before):
    """An officer need not subtract one time from another at night."""
    assert countdown(NOW + timedelta(minutes=12), NOW, lang) == soon
    assert countdown(NOW - timedelta(minutes=3), NOW, lang) == late
    assert ago(NOW - timedelta(minutes=5), NOW, lang) == before
    assert ago(NOW + timedelta(minutes=12), NOW, lang) == soon, "by the clock of somebody who is ahead"
    assert ago(NOW - timedelta(seconds=59), NOW, lang) == word("ui", "now", lang)
