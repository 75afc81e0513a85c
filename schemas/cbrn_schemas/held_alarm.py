"""The alarm about a copy for a partner: it waits for a person, or no longer does. Pure: the model, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.because import Reasons
from cbrn_schemas.because import said as said_of
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.duty import Note, Person, Word
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events.base import Code, Identifier, Language, Severity, Text
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time
from cbrn_schemas.partner_release import digest_of
from cbrn_schemas.person_decision import CopyId
from cbrn_schemas.records import LOCAL_LANGUAGES, RESTRICTED, ROLE, rfc3339, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD_TYPE: Final = "kg.cbrn.alarm.held-copy.v1"
"""CloudEvents type of the alarm about a copy that waits for a person, and of how that ended."""
HELD_SOURCE: Final = "/bus/partners"
LANGUAGES: Final[tuple[Language, ...]] = ("en", *LOCAL_LANGUAGES)
_ID_DIGITS: Final = 40

Matter = Literal["waits", "corrects", "recalls", "cannot", "expired"]
"""What there is to say of a copy: it waits; it corrects, or takes back, what the partner has got; it cannot leave as
things are; its time limit has passed."""
Ended = Literal["released", "refused", "expired", "withdrawn"]
"""How the matter ends, as the log says it."""


class HeldAlarm(Model):
    """A copy for a partner waits for a person, or no longer does. To the bodies whose persons may release it."""

    kind: Literal["held-copy"] = "held-copy"
    copy_id: CopyId
    """As `cbrn partners show` takes it."""
    partner: Code
    matter: Matter
    ended: Ended | None = None
    """What became of it: nobody need decide of it any more. None: that is still open."""
    by: Annotated[tuple[Person, ...], Strict(strict=False)] = ()
    """Persons who have released or refused it."""
    situation: Identifier
    event_kind: Word
    """Kind of the event: `tailings-failure`."""
    at: Time
    due: Time | None = None
    """Until when it can be released; None: there is no limit."""
    persons: Annotated[int, Field(ge=0, le=2)] = 0
    """How many different persons must release it."""
    severity: Severity = "Unknown"
    headline: dict[Language, str] | None = None
    """Of the event; None where it is for named duty officers alone."""
    why: Note
    """In English, or in the words of the person who has decided."""
    because: Reasons = ()
    """The same as codes; none in older records."""

    @property
    def ends(self) -> bool:
        """Whether nothing more is to be decided; older records say of what has expired nothing else."""
        return self.ended is not None or self.matter == "expired"

    @property
    def texts(self) -> Mapping[Language, Text]:
        """What an officer reads, as every event has it."""
        return {lang: self._text(lang) for lang in LANGUAGES}

    def partner_in(self, lang: Language) -> str:
        """Say for whom the copy is, and what is to be said of it."""
        return f"{body_name(self.partner, lang)}, {word('held', self.ended or self.matter, lang)}"

    def headline_in(self, lang: Language) -> str:
        """Say what is held for whom, and what is to be said of it."""
        return (
            f"{word('kind', self.kind, lang)}: {self.partner_in(lang)} "
            f"({word('kind', self.event_kind, lang)}, {self.situation})"
        )

    def _text(self, lang: Language) -> Text:
        headlines = self.headline or {}
        title = headlines.get(lang) or next(iter(headlines.values()), None)
        why = said_of(self.because, lang) or (self.why if lang == "en" else "")
        parts = [
            *([] if title is None else [title]),
            *([] if self.due is None or self.ends else [f"{word('ui', 'due', lang)} {local_time(self.due)}"]),
            *([f"{word('held', 'persons', lang)}: {self.persons}"] if self.persons and not self.ends else []),
            *self.by,
            *([f"{word('ui', 'reason', lang)}: {why}"] if why else []),
            *([] if lang == "en" else [self.copy_id]),
        ]
        what_to_do = word("alarm", self._advice, lang).format(copy=self.copy_id)
        return spoken(self.headline_in(lang), description="; ".join(parts), instruction=what_to_do)

    @property
    def _advice(self) -> str:
        if not self.ends:
            return "release-or-refuse"
        return "released-too-late" if self.ended in {None, "expired"} else "nothing-to-decide"


def held_record(alarm: HeldAlarm, role: str, *, restricted: bool) -> tuple[list[Header], bytes]:
    """Return headers and value of an alarm for one body."""
    name = digest_of(f"{alarm.copy_id}\0{alarm.ended or alarm.matter}\0{rfc3339(alarm.at)}")[:_ID_DIGITS]
    headers = binary_headers(
        id=f"held-{name}", source=HELD_SOURCE, type=HELD_TYPE, time=rfc3339(alarm.at), subject=alarm.copy_id
    )
    headers.append((ROLE, role.encode()))
    if restricted:
        headers.append((RESTRICTED, b"true"))
    return headers, alarm.model_dump_json(exclude_none=True).encode()
