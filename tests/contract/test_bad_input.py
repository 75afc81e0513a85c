"""One file for each mistake that a payload can hold: what it is called, where it is, what is to be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import PAYLOAD_BYTES_MAX, parse_event

FOLDER = Path(__file__).parent / "bad_input"

MISTAKES = {
    "body-by-name": (Reason.INVALID_VALUE, "body", "mes"),
    "byte-order-mark": (Reason.BAD_ENCODING, "value", "BOM"),
    "cas-without-hyphens": (Reason.INVALID_VALUE, "substances.0.cas", "143-33-9"),
    "cas-wrong-digit": (Reason.INVALID_CAS, "substances.0.cas", "143-33-9"),
    "control-character": (Reason.INVALID_VALUE, "texts.en.headline", "control"),
    "coordinates-impossible": (Reason.INVALID_VALUE, "where.point.lat", "swapped"),
    "coordinates-in-quotes": (Reason.INVALID_VALUE, "where.point.lat", "without quotes"),
    "coordinates-out-of-the-world": (Reason.INVALID_VALUE, "where.point.lon", "-180 to 180"),
    "coordinates-without-decimal-point": (Reason.INVALID_VALUE, "where.point.lat", "41.2822"),
    "count-as-text": (Reason.INVALID_VALUE, "injured", "without quotes"),
    "count-of-many-digits": (Reason.INVALID_VALUE, "dead", "whole number"),
    "count-with-fraction": (Reason.INVALID_VALUE, "dead", "whole number"),
    "delete-character": (Reason.INVALID_VALUE, "texts.en.headline", "control"),
    "district-by-name": (Reason.INVALID_VALUE, "where.district", "SOATE"),
    "dose-as-text": (Reason.INVALID_VALUE, "measurements.1.value", "without quotes"),
    "dose-negative": (Reason.INVALID_VALUE, "measurements.1.value", "detection_limit"),
    "empty": (Reason.NOT_JSON, "value", "JSON object"),
    "field-extra-nested": (Reason.EXTRA_FIELD, "where.latitude", "point"),
    "field-extra": (Reason.EXTRA_FIELD, "severitty", "severity"),
    "field-missing": (Reason.MISSING_FIELD, "situation", "situation"),
    "field-misspelt": (Reason.MISSING_FIELD, "situation", "«situaton» to «situation»"),
    "flag-as-text": (Reason.INVALID_VALUE, "reached_river", "true or false"),
    "hazard-of-another-kind": (Reason.INVALID_VALUE, "hazard", "chemical"),
    "headline-of-two-lines": (Reason.INVALID_VALUE, "texts.en.headline", "line breaks"),
    "kind-missing": (Reason.MISSING_FIELD, "kind", "tailings-failure"),
    "kind-of-nobody": (Reason.UNKNOWN_KIND, "kind", "toxic-fire"),
    "kind-unknown": (Reason.UNKNOWN_KIND, "kind", "tailings-failure"),
    "language-unknown": (Reason.INVALID_VALUE, "texts.kg", "ky, ru, en"),
    "list-of-events": (Reason.INVALID_VALUE, "value", "one JSON object"),
    "lone-surrogate": (Reason.NOT_JSON, "value", "UTF-8"),
    "not-json": (Reason.NOT_JSON, "value", "line and column"),
    "null-instead-of-absent": (Reason.INVALID_VALUE, "severity", "leave severity out"),
    "null": (Reason.INVALID_VALUE, "value", "one JSON object"),
    "number-infinite": (Reason.INVALID_VALUE, "measurements.1.value", "detection limit"),
    "number-nan": (Reason.INVALID_VALUE, "measurements.1.value", "detection limit"),
    "number-too-great": (Reason.INVALID_VALUE, "measurements.1.value", "detection limit"),
    "place-empty": (Reason.MISSING_FIELD, "where", "district"),
    "place-of-nulls": (Reason.MISSING_FIELD, "where", "null counts as left out"),
    "quantity-unknown": (Reason.INVALID_VALUE, "measurements.1.quantity", "ambient-dose-equivalent-rate"),
    "several-mistakes": (Reason.MISSING_FIELD, "state", "«state»"),
    "severity-unknown-word": (Reason.INVALID_VALUE, "severity", "Severe"),
    "structured-event": (Reason.MISSING_FIELD, "kind", "application/cloudevents+json"),
    "substance-without-name": (Reason.MISSING_FIELD, "substances.0", "un_number"),
    "substances-none": (Reason.INVALID_VALUE, "substances", "at least one"),
    "texts-none": (Reason.INVALID_VALUE, "texts", "at least one"),
    "time-as-people-write-it": (Reason.INVALID_VALUE, "reported", "+06:00"),
    "time-as-seconds-in-quotes": (Reason.INVALID_VALUE, "observed", "+06:00"),
    "time-as-seconds": (Reason.INVALID_VALUE, "observed", "+06:00"),
    "time-is-a-date": (Reason.NAIVE_TIME, "observed", "+06:00"),
    "time-leap-second-at-noon": (Reason.INVALID_VALUE, "observed", "clock"),
    "time-naive": (Reason.NAIVE_TIME, "observed", "2026-04-16T05:20:00+06:00"),
    "time-no-such-day": (Reason.INVALID_VALUE, "observed", "+06:00"),
    "time-of-another-century": (Reason.INVALID_VALUE, "observed", "year"),
    "too-deep": (Reason.NOT_JSON, "value", "line and column"),
    "truncated": (Reason.NOT_JSON, "value", "line and column"),
    "unit-in-russian": (Reason.UNIT_MISMATCH, "measurements.1.unit", "write uSv/h"),
    "unit-missing": (Reason.MISSING_FIELD, "measurements.1.unit", "UCUM"),
    "unit-of-another-quantity": (Reason.UNIT_MISMATCH, "measurements.1.unit", "absorbed-dose-rate"),
    "unit-with-micro-sign": (Reason.UNIT_MISMATCH, "measurements.1.unit", "write uSv/h"),
    "utf-16": (Reason.BAD_ENCODING, "value", "UTF-8"),
    "wrong-utf-8": (Reason.BAD_ENCODING, "value", "Windows-1251"),
}
"""File (without ending): reason, field, and a word that the remedy must hold."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_refused_with_its_reason_field_and_remedy(mistake: str) -> None:
    """Who is on duty at 3 a.m. must see which field is wrong and what to do, not a stack trace."""
    reason, where, remedy = MISTAKES[mistake]
    data = (FOLDER / f"{mistake}.json").read_bytes()
    with pytest.raises(InvalidEventError) as refused:
        parse_event(data)
    assert (refused.value.reason, refused.value.where) == (reason, where)
    assert remedy in refused.value.hint
    assert refused.value.hint
    assert not refused.value.message.casefold().startswith(word("reason", reason, "en").casefold()), "said twice"


def test_every_file_is_tried() -> None:
    """A file that no row names would be a mistake that nobody checks."""
    assert {path.stem for path in FOLDER.iterdir()} == set(MISTAKES)


@pytest.mark.timeout(5)
def test_a_full_payload_of_unknown_fields_is_refused_soon_and_briefly() -> None:
    """Thousands of mistakes in one event must neither hold up the shard nor burst a header."""
    data = b'{"kind":"sabotage",' + b",".join(b'"f%d":1' % number for number in range(5500)) + b"}"
    assert PAYLOAD_BYTES_MAX * 0.8 < len(data) <= PAYLOAD_BYTES_MAX
    with pytest.raises(InvalidEventError) as refused:
        parse_event(data)
    assert len(refused.value.message) < 500
