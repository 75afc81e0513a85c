"""Why something was not done, in the visitor's words: every refusal has its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.web.words import N_
from cbrn_consumers.rota import NoRotaError
from cbrn_consumers.shifts import Refusal, RefusedError
from cbrn_schemas.errors import BusError, FieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_consumers.desk.web.visit import Visit

UNREADABLE: Final = 422
AWAY: Final = 503

SAID: Final[Mapping[Refusal, str]] = {
    Refusal.NOBODY_NOW: N_("The rota has nobody on this seat now. Choose who takes it."),
    Refusal.NOBODY_NEXT: N_("The rota does not say who comes next. Choose to whom it is handed over."),
    Refusal.UNKNOWN_POST: N_("Nobody in the file of officers has this post. Choose one of the list."),
    Refusal.NO_CHANNEL: N_("This officer has no such channel in the file of officers."),
    Refusal.UNKNOWN_CODE: N_(
        "No test of the last two days that you may answer has this code. Look at the message again."
    ),
    Refusal.CHANNEL_GONE: N_("The channel of this test is no longer in the file of officers. Test again."),
    Refusal.NO_SHIFT: N_("Nobody has a shift on this seat at that time. Choose a time within a shift."),
    Refusal.SAME_OFFICER: N_("Both shifts are of the same officer. Choose one shift of each of the two."),
    Refusal.BROKEN_CALENDAR: N_(
        "The calendar has entries that cannot be read and would be lost. Have them corrected and imported first."
    ),
    Refusal.CHANGED_SINCE: N_("Somebody has changed this since you looked. Look at it again, then repeat."),
    Refusal.NO_OVERRIDE: N_(
        "This is no stand-in, or it is gone already. Other entries are changed in the calendar itself."
    ),
    Refusal.TIMES: N_("These times cannot be: the end after the beginning, within 31 days, and not in the past."),
    Refusal.LAST_ENTRY: N_("It is the calendar's only entry. Import another calendar instead."),
    Refusal.GUESSED: N_("Too many codes were wrong. Wait ten minutes, then have the channel tested again."),
}
FIELDS: Final[Mapping[str, str]] = {
    "by": N_("Your account is shown under a name that cannot stand in a record: it needs post and surname."),
    "author": N_("Your account is shown under a name that cannot stand in a record: it needs post and surname."),
    "post": N_("This is no post. Choose one of the list."),
    "note": N_("The note is too long, or has signs that cannot be shown."),
    "reason": N_("Say in at least two words why: whoever takes over the watch must understand it."),
    "scope": N_(
        "This covers too much, or names what does not exist. Name a situation or a station, or two of the others."
    ),
    "expires": N_("A silence ends after it begins, at most seven days later."),
    "starts": N_("A silence begins within thirty days."),
    "silence": N_("There is no such silence that could be ended: it is over, or somebody has ended it."),
}


class Problem(NamedTuple):
    """What was not done, for a note at the head of a page."""

    status: int
    text: str
    detail: str = ""
    """In the bus's own English words, where there are no others."""


def problem_of(visit: Visit, error: BusError) -> Problem:
    """Say why something was not done."""
    if isinstance(error, RefusedError):
        return Problem(UNREADABLE, visit.text(SAID[error.refusal]))
    if isinstance(error, NoRotaError):
        said = visit.text(N_("This desk has no rota or no file of officers for this body."))
        return Problem(UNREADABLE, said, f"{error}. {error.hint}")
    if isinstance(error, FieldError) and (field := (error.where or "").partition(".")[0]) in FIELDS:
        return Problem(UNREADABLE, visit.text(FIELDS[field]), str(error))
    if error.bad_input:
        said = visit.text(N_("This cannot be done as it was given. Nothing was written."))
        return Problem(UNREADABLE, said, f"{error}. {error.hint}")
    said = visit.text(
        N_("The bus does not answer, so nobody knows whether it was written. Look below before you repeat it.")
    )
    return Problem(AWAY, said, f"{error}. {error.hint}")


def away_of(visit: Visit, error: BusError | None) -> Problem | None:
    """Say that a page may lack what was said lately; None: the bus has answered."""
    if error is None:
        return None
    said = visit.text(
        N_("The bus does not answer: what was said lately may be missing here. Telephone where in doubt.")
    )
    return Problem(AWAY, said, f"{error}. {error.hint}")
