"""A duty in the reader's language: whom to tell, by when, how far it has come. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.citing import addressee_name
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time

if TYPE_CHECKING:
    from cbrn_routing.duties.fold import DutyState
    from cbrn_schemas.duty import Duty
    from cbrn_schemas.events.base import Language


def addressees_line(duty: Duty, lang: Language) -> str:
    """Say whom to tell: the catalogue's bodies, else the framework's words."""
    named = ", ".join(body_name(code, lang) for code in duty.addressees)
    return named or addressee_name(duty.framework, duty.addressee, lang)


def due_line(duty: Duty, lang: Language) -> str:
    """Say by when: by the framework's hour, else in its words and with the bus's reminder."""
    words = word("wording", f"{duty.framework}/{duty.clock}", lang)
    if duty.due is not None:
        return f"{local_time(duty.due)} ({words})"
    if duty.target is not None:
        return f"{words}; {word('ui', 'reminder', lang)} {local_time(duty.target)}"
    return words


def state_line(state: DutyState, lang: Language, *, late: bool = False) -> str:
    """Say how far it has come, and what is to be known of it."""
    duty = state.duty
    marks = [word("duty_state", state.state.value, lang)]
    marks += [word("ui", "overdue", lang)] if late else []
    marks += [word("ui", "possible", lang)] if duty.possible else []
    marks += [word("ui", "voluntary", lang)] if duty.voluntary else []
    marks += [word("ui", "withdrawn", lang)] if state.cancelled else []
    marks += [word("ui", "newer-facts", lang)] if state.superseded else []
    marks += [word("ui", "restricted", lang)] if duty.restricted else []
    marks += [f"{word('ui', 'confidence', lang)}: {word('confidence', duty.confidence, lang)}"]
    return ", ".join(marks)
