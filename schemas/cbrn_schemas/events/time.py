"""A point in time: RFC 3339 with an offset, nothing looser, because the bytes go on to readers in other languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

LOCAL_TIME: Final = timezone(timedelta(hours=6), "Asia/Bishkek")
"""The country's time all year round: laws begin at its midnight."""
RFC3339: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
"""Date, `T`, time to the second or finer (what is below a microsecond is dropped), offset or `Z`."""

# What the pattern's years can be in UTC: an offset is less than a day.
_EARLIEST = datetime(1899, 12, 31, 0, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, 23, 59, tzinfo=UTC)
_FIRST_YEAR = "1900"
_NO_YEAR = "2200"
_FARTHEST = timedelta(hours=23, minutes=59)
"""Offset from UTC in which every moment that can be read has a year of the pattern."""
_LEAP_SECOND = r"T[0-9]{2}:[0-9]{2}:60"


def to_wire(moment: datetime) -> str:
    """Write UTC, ending in `Z`, with microseconds only where there are any.

    A moment that in UTC leaves the years that the pattern knows keeps its own offset, or gets another one where
    somebody has put it into UTC: whatever is written can be read.
    """
    written = moment.astimezone(UTC).isoformat()
    if _FIRST_YEAR <= written < _NO_YEAR:  # as text: this is a hot path where duties are raised
        return written[:-6] + "Z"
    own = moment.isoformat()
    if _FIRST_YEAR <= own < _NO_YEAR:
        return own
    return moment.astimezone(timezone(_FARTHEST if written < _FIRST_YEAR else -_FARTHEST)).isoformat()


def _leap_second(text: str) -> datetime:
    """Take the last microsecond of the day's last minute: Python has no sixty-first second, and the day must stay."""
    moment = datetime.fromisoformat(f"{text[:17]}59.999999{text[19:].lstrip('.0123456789')}")
    there = moment.astimezone(UTC)
    if (there.hour, there.minute) != (23, 59):
        raise ValueError("a leap second is the last of a day in UTC")
    return moment


@dataclass(frozen=True)
class _Rfc3339:
    """JSON: a string of the pattern, while pydantic alone also takes `"1717225200"`. Python: an aware `datetime`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        written = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=RFC3339, strict=True), "time_form", custom_error_message="not RFC 3339"
        )
        aware = core_schema.datetime_schema(tz_constraint="aware", strict=False)
        leap = core_schema.chain_schema(
            [core_schema.str_schema(pattern=_LEAP_SECOND), core_schema.no_info_plain_validator_function(_leap_second)]
        )
        # The second choice is looked at only where the first has failed.
        moment = core_schema.custom_error_schema(
            core_schema.union_schema([aware, leap], mode="left_to_right"),
            "time_value",
            custom_error_message="no such day or hour",
        )
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([written, moment]),
            python_schema=core_schema.datetime_schema(tz_constraint="aware", strict=True, ge=_EARLIEST, lt=_LATEST),
            serialization=core_schema.plain_serializer_function_ser_schema(
                to_wire, when_used="json", return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": RFC3339}


Time = Annotated[datetime, _Rfc3339()]
"""An aware time between 1900 and 2199. On the wire: RFC 3339; the bus itself writes UTC with `Z`.

A leap second is taken, as RFC 3339 has it, at the end of a day in UTC only; it counts as the end of its minute.
"""
