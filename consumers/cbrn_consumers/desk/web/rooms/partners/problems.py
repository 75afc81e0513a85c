"""Why a decision was not taken, or is not known to be, in the visitor's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.web.words import N_
from cbrn_consumers.errors import CopyRefusedError, UnansweredError

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_schemas.errors import BusError

UNREADABLE: Final = 422
AWAY: Final = 503
CHANGED: Final = N_("What would leave has changed since you looked. Look at it again; nothing was decided.")
NO_REASON: Final = N_("Say why, in at least two words. Nothing was decided.")


class Problem(NamedTuple):
    """What was not done, for a note at the head of a page."""

    status: int
    text: str
    detail: str = ""
    """In the bus's own English words, where there are no others."""


def problem_of(visit: Visit, error: BusError) -> Problem:
    """Say why a decision was not taken."""
    detail = f"{error}. {error.hint}"
    if isinstance(error, UnansweredError):
        said = visit.text(
            N_("Your decision is in the log; the keeper of partners has not answered yet. Look again in a moment.")
        )
        return Problem(AWAY, said, detail)
    if isinstance(error, CopyRefusedError):
        said, because = visit.text(N_("The keeper of partners takes no such decision.")), error.because
        if because is None:
            return Problem(UNREADABLE, said, detail)
        why, remedy = because.said(visit.lang), because.remedy(visit.lang)
        return Problem(UNREADABLE, f"{said} {why[:1].upper()}{why[1:]}. {remedy}".strip())
    if error.bad_input or isinstance(error, LookupError | ValueError):
        return Problem(UNREADABLE, visit.text(N_("This cannot be done as it was given. Nothing was decided.")), detail)
    said = visit.text(
        N_("The bus does not answer, so nobody knows whether it was decided. Look below before you repeat it.")
    )
    return Problem(AWAY, said, detail)


def away_of(visit: Visit, error: BusError | None) -> Problem | None:
    """Say that a page may lack what was decided lately; None: the bus has answered."""
    if error is None:
        return None
    said = visit.text(N_("The bus does not answer: what is shown here may be old, or missing."))
    return Problem(AWAY, said, f"{error}. {error.hint}")
