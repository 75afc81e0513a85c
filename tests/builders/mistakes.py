"""The natural mistakes: one file each in `tests/contract/bad_input`, and one table of what is answered.

`tests/contract/bad_input.csv`: under `found` a reason or a doubt; `remedy` is a part that the hint must have; `written`
a part of the file to show where its field does not say enough; `only` says who alone meets it: whoever sends it as one
`record` (a file is read otherwise), or whoever names a `sender`.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tests.builders.golden import BAD_INPUT

from cbrn_producers.files import Refusal, check_events, read_events
from cbrn_producers.outgoing import Sender
from cbrn_routing.doubts import warnings_of
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.errors import Doubt, InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.topics import Realm

TABLE = BAD_INPUT.with_suffix(".csv")
NOW = datetime(2026, 4, 16, tzinfo=UTC)
"""Just after what the files tell of, so that only a clock ahead is ahead."""
OF_MOST = "mes-tailings"
SHOWN_CHARS_MAX = 90
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class Answer(NamedTuple):
    """What is said of a mistake."""

    found: Reason | Doubt
    where: str
    message: str
    hint: str


class Mistake(NamedTuple):
    """One row of the table."""

    theme: str
    file: str
    mistake: str
    found: Reason | Doubt
    where: str
    remedy: str
    written: str
    only: str

    @property
    def data(self) -> bytes:
        """The bytes as they were sent."""
        return (BAD_INPUT / f"{self.file}.json").read_bytes()

    @property
    def parsed(self) -> Any:
        """What a reader of JSON makes of them; None where it makes nothing."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None

    @property
    def sender(self) -> Sender:
        """The body of the event, where it is one and not itself the mistake."""
        body = self.parsed.get("body") if isinstance(self.parsed, dict) else None
        known = isinstance(body, str) and body in bodies() and self.where != "body"
        return Sender(body if known else OF_MOST, None, Realm.REAL)

    @property
    def is_doubt(self) -> bool:
        """Whether it is taken, with a warning."""
        return isinstance(self.found, Doubt)

    @property
    def shown(self) -> str:
        """What was written, in a line."""
        return self.written or _at(self.parsed, self.where)


def _row(row: dict[str, str]) -> Mistake:
    found = row.pop("found")
    return Mistake(**row, found=Doubt(found) if found in {*Doubt} else Reason(found))


with TABLE.open(encoding="utf-8", newline="") as table:
    MISTAKES = {row["file"]: _row(row) for row in csv.DictReader(table)}


def _at(written: Any, where: str) -> str:
    """Show the field, or the object from which it is missing."""
    name = ""
    for step in where.split(".") if isinstance(written, dict) else ():
        if isinstance(written, list):
            written = written[int(step)]
        elif isinstance(written, dict) and step in written:
            written, name = written[step], f'"{step}": '
        else:
            break
    text = json.dumps(written, ensure_ascii=False) if name else ""
    return f"{name}{text}" if len(text) < SHOWN_CHARS_MAX else f"{name}{text[:SHOWN_CHARS_MAX]}…"


def as_record(mistake: Mistake) -> Answer | None:
    """Give the bytes to the reader of events, as the router does."""
    try:
        event = parse_event(mistake.data)
    except InvalidEventError as error:
        return Answer(error.reason, error.where, error.message, error.hint)
    warnings = {warning.doubt: warning for warning in warnings_of(event, now=max(NOW, _reported(mistake, event)))}
    return Answer(*warnings[mistake.found]) if mistake.found in warnings else None


def _reported(mistake: Mistake, event: Any) -> datetime:
    return NOW if mistake.found is Doubt.CLOCK_AHEAD else event.reported


def as_file(mistake: Mistake) -> Answer | None:
    """Give the file to what `cbrn publish --dry-run` calls; the first refusal."""
    outcomes = check_events(read_events(f"{mistake.file}.json", mistake.data), mistake.sender)
    error = next((outcome.error for outcome in outcomes if isinstance(outcome, Refusal)), None)
    return None if error is None else Answer(error.reason, error.where, error.message, error.hint)


def answer(mistake: Mistake) -> Answer:
    """Return what is said first: in a file, or of the record or event where a file has nothing to refuse."""
    found = as_file(mistake) or as_record(mistake)
    assert found is not None, mistake.file
    return found


def build(mistake: Mistake) -> object:
    """Make the same mistake in Python: the kind's constructor, times as Python has them."""
    fields = {name: _python(name, value) for name, value in mistake.parsed.items()}
    return EVENT_TYPES[fields["kind"]](**fields)


def can_be_built(mistake: Mistake) -> bool:
    """Tell whether the mistake can be made in Python: it is in a field, of a kind that exists."""
    fields = mistake.parsed
    kind = fields.get("kind") if isinstance(fields, dict) else None
    return isinstance(kind, str) and kind in EVENT_TYPES and not mistake.is_doubt and not mistake.only


def _python(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _python(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_python(name, inner) for inner in value]
    if name == "activity_on":
        return date.fromisoformat(value)
    if name in {"observed", "reported"} and isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
