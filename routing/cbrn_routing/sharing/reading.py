"""From an agreement's text to the typed agreement, or to problems with line and remedy."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pydantic import ValidationError

from cbrn_routing.sharing.agreement import Agreement
from cbrn_routing.sharing.errors import AgreementError, AgreementProblem
from cbrn_schemas.bounded_yaml import YamlTextError, read_with_lines
from cbrn_schemas.catalogue.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    Lines = Mapping[tuple[str | int, ...], int]

BYTES_MAX: Final = 262_144
"""Of one file: 400 fields and 100 cells are some 20 kB."""
_SHOWN: Final = 12
"""Allowed values that a message lists before it stops."""
_REMEDIES: Final = {
    "missing": "Add it.",
    "too_short": "Give at least one.",
    "too_long": "Give fewer.",
    "string_pattern_mismatch": "Write it in the form {pattern}",
    "date_from_datetime_parsing": "Write it as 2026-05-12.",
    "date_parsing": "Write it as 2026-05-12.",
    "greater_than_equal": "Give at least {ge}.",
    "less_than_equal": "Give at most {le}.",
}


class Written(NamedTuple):
    """An agreement as it was written: with its file, and the line in which each of its fields stands."""

    file: str
    agreement: Agreement
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, *path: str | int) -> int:
        """Return the line of a field; of what it is in, where it is not written itself."""
        return _line(self.lines, path)


def read_agreement(content: bytes | str, *, name: str) -> Written:
    """Read the agreement in a file called `name`.

    Raises:
        AgreementError: with every problem of the file.
    """
    data, lines = _data(content, name)
    try:
        return Written(name, Agreement.model_validate(data), lines)
    except ValidationError as error:
        problems = (_problem(item, lines, name) for item in _telling(error.errors(include_url=False)))
        raise AgreementError(tuple(dict.fromkeys(problems))) from None


def _data(content: bytes | str, name: str) -> tuple[Any, Lines]:
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) > BYTES_MAX:
        raise _refused(name, 1, f"the file has more than {BYTES_MAX} bytes", "An agreement is some pages long.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(name, line, "it is not UTF-8", "Save it as UTF-8.") from None
    try:
        data, lines = read_with_lines(text)
    except YamlTextError as error:
        raise _refused(name, error.line, error.message, "Correct the YAML.") from None
    if not isinstance(data, dict):
        remedy = "Write `partner: kz` and the other fields; deploy/examples/agreements has one."
        raise _refused(name, 1, "it holds no agreement", remedy)
    return data, lines


def _refused(name: str, line: int, message: str, remedy: str) -> AgreementError:
    return AgreementError((AgreementProblem(name, line, "-", message, remedy),))


def _telling(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Drop errors that only follow from another: a list whose one value is wrong is also «too short»."""
    return [
        item
        for item in errors
        if item["type"] != "too_short"
        or not any(other is not item and other["loc"][: len(item["loc"])] == item["loc"] for other in errors)
    ]


def _problem(item: ErrorDetails, lines: Lines, name: str) -> AgreementProblem:
    facts = cast("Mapping[str, Any]", item.get("ctx", {}))
    path = (*item["loc"], *((facts["at"],) if "at" in facts else ()))
    field = ".".join(map(str, path)) or "-"
    message, remedy = _worded(item, facts)
    return AgreementProblem(name, _line(lines, path), field, message, remedy)


def _worded(item: ErrorDetails, facts: Mapping[str, Any]) -> tuple[str, str]:
    kind, given = item["type"], str(item["input"])[:80]
    if "remedy" in facts:
        return item["msg"].rstrip("."), str(facts["remedy"])
    if kind == "extra_forbidden":
        return "there is no such field", did_you_mean(str(item["loc"][-1]), _known_fields(), "Take it out.")
    if kind == "literal_error":
        allowed = [part.strip(" '") for part in str(facts["expected"]).replace(" or ", ", ").split(",")]
        listed = ", ".join(allowed[:_SHOWN]) + (", ..." if len(allowed) > _SHOWN else "")
        return f"«{given}» is not in the vocabulary", did_you_mean(given, allowed, f"Use one of: {listed}.")
    if kind == "missing":
        return "it is missing", _REMEDIES[kind]
    message = item["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{message[:1].lower()}{message[1:]}", _REMEDIES.get(kind, "Correct it.").format_map(dict(facts))


@cache
def _known_fields() -> tuple[str, ...]:
    definitions = Agreement.model_json_schema().get("$defs", {}).values()
    own = (name for each in definitions for name in each.get("properties", {}))
    return tuple(sorted({*Agreement.model_fields, *own}))


def _line(lines: Lines, path: Sequence[str | int]) -> int:
    """Find the line of what stands at a path, or of the nearest thing around it."""
    at = tuple(path)
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)
