"""What persons have said of a duty, and whose word it is: by this machine's trust file, at the broker's time.

What a record claims of itself (a name, a time) is shown and never counts. Pure: the trust file and the time of a record
are given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.signing.persons import same_person
from cbrn_routing.signing.releases import AnswerStatement, ReleaseStatement, Unverified, verified
from cbrn_routing.signing.trust import Trust
from cbrn_schemas.duty import Answered, Released
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.signing.trust import Signer

_BODY: Final = re.compile(r"\s*\(([a-z0-9-]{2,32})\)\s*$")
"""What a key's holder is called after the name: «A. Asanova (mes)»."""


def person_of(name: str) -> str:
    """Find the person, however the name is written (`same_person`), and whatever body a trust file has them in."""
    return same_person(_BODY.sub("", name))


def body_in(name: str) -> str | None:
    """Read the body that is named behind the person."""
    found = _BODY.search(name)
    return None if found is None else found[1]


class Said(NamedTuple):
    """A record in which a person speaks."""

    record: Released | Answered
    taken: datetime
    """When the broker took it; the record's own time is its writer's word."""
    signer: Signer | None
    """Whose word it is; None: nobody's, it does not count."""
    why: Unverified | None
    """Why it does not count."""

    @property
    def person(self) -> str:
        """The person, for comparison; of a word that does not count the one whose name it bears."""
        return person_of(self.record.by) if self.signer is None else self.signer.identity

    @property
    def order(self) -> tuple[datetime, datetime, tuple[str, ...]]:
        """Sorts by the broker's time; of one moment the text decides, so that the order of reading never does."""
        said = self.record
        texts = said.type, said.by, said.key or "", said.signature or "", said.note or "", getattr(said, "digest", "")
        return self.taken, said.at, texts


@dataclass
class Verifier:
    """A judge of whose a word is. Whoever follows a log replaces `trust` as the trust file changes."""

    realm: Realm = Realm.REAL
    trust: Trust = field(default_factory=Trust)

    def said(self, record: Released | Answered, taken: datetime) -> Said:
        """Return what the word is worth."""
        found = verified(self.trust, record.key, record.signature, statement_of(record, self.realm), taken)
        return Said(record, taken, None, found) if isinstance(found, Unverified) else Said(record, taken, found, None)


def statement_of(record: Released | Answered, realm: Realm) -> ReleaseStatement | AnswerStatement:
    """Return what must have been signed for the record to count."""
    if isinstance(record, Released):
        return ReleaseStatement(realm, record.id, record.digest)
    return AnswerStatement(realm, record.id, record.at, record.note)
