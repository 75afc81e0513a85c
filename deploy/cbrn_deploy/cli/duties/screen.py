"""Duties as tables and lines on a terminal, with nothing that it would obey."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.padding import Padding

from cbrn_deploy.cli.printing import as_typed, console, printable, shown
from cbrn_routing.duties import addressees_line, due_line, in_words, state_line
from cbrn_schemas.catalogue.citing import article_name, source_name
from cbrn_schemas.catalogue.frameworks import framework
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.duty import Released

if TYPE_CHECKING:
    from cbrn_routing.duties import DutyState, Said
    from cbrn_schemas.duty import Duty
    from cbrn_schemas.events.base import Language

CLAIMS_MAX: Final = 3
"""Words that do not count, shown a duty of the list: anybody may say any number of them. `show` has all."""


def print_list(states: list[DutyState], now: datetime, lang: Language) -> None:
    """Print the list: of each duty its id on a line of its own, to be copied, and what matters below it."""
    if not states:
        print(word("ui", "none", lang))
        return
    out = console()
    for state in states:
        duty, late = state.duty, state.is_overdue(now)
        told = addressees_line(duty, lang)
        answers = ", ".join(body_name(code, lang) for code in duty.national_bodies) or word("ui", "unconfirmed", lang)
        out.print(shown(duty.id, "bold red" if late else "bold" if state.open else "dim"), soft_wrap=True)
        claims = state.unverified
        lines = [
            (f"{getattr(duty.title, lang)} ({duty.framework}, {article_name(duty.article, lang)})", ""),
            (f"{word('ui', 'addressees', lang)}: {told} · {word('ui', 'answers-for-it', lang)}: {answers}", ""),
            (f"{state_line(state, lang, late=late)} · {due_line(duty, lang)}", ""),
            *((_claim(claim, lang), "yellow") for claim in claims[-CLAIMS_MAX:]),
        ]
        lines += [(f"… +{len(claims) - CLAIMS_MAX}", "yellow")] if len(claims) > CLAIMS_MAX else []
        for text, style in lines:
            out.print(Padding(shown(text, style), (0, 0, 0, 2), expand=False))


def duty_line(duty: Duty, lang: Language) -> str:
    """Write a duty on one line: what, under which article, to whom, by when, and how sure that is."""
    marks = [word("ui", mark, lang) for mark in ("possible", "voluntary") if getattr(duty, mark)]
    sure = f"{word('ui', 'confidence', lang)}: {word('confidence', duty.confidence, lang)}"
    marks += [] if duty.confidence == "high" else [sure]
    under = f"{duty.framework}, {article_name(duty.article, lang)}"
    asked = f"{getattr(duty.title, lang)} · {under} · {addressees_line(duty, lang)} · {due_line(duty, lang)}"
    return f"{asked} · {', '.join(marks)}" if marks else asked


def print_duty(state: DutyState, lang: Language) -> None:
    """Print one duty, with what has become of it."""
    duty = state.duty
    late = state.is_overdue(datetime.now(UTC))
    article = article_name(duty.article, lang)

    def bodies(codes: tuple[str, ...]) -> str:
        return ", ".join(body_name(code, lang) for code in codes)

    facts = {
        "ID": duty.id,
        word("ui", "duty", lang): getattr(duty.title, lang),
        word("ui", "framework", lang): f"{framework(duty.framework).names.get(lang)}, {article} ({duty.standing})",
        word("ui", "addressees", lang): addressees_line(duty, lang),
        word("ui", "answers-for-it", lang): bodies(duty.national_bodies) or word("ui", "unconfirmed", lang),
        word("ui", "contact", lang): bodies(duty.focal_points) or word("ui", "unconfirmed", lang),
        word("ui", "due", lang): due_line(duty, lang),
        word("ui", "stops", lang): duty.stops,
        word("ui", "state", lang): state_line(state, lang, late=late),
        word("ui", "source", lang): source_name(duty.source, lang),
    }
    for label, fact in facts.items():
        print(f"{label + ':':<18} {printable(fact)}")
    for fact_of in duty.basis:
        print(f"{word('ui', 'basis', lang) + ':':<18} {printable(in_words(fact_of, lang))}")
    for each in state.evidence:
        report = f"{each.id} {each.source} {local_time(each.reported)}"
        print(f"{word('ui', 'report', lang) + ':':<18} {printable(report)}")
    _print_history(state, lang)


def _print_history(state: DutyState, lang: Language) -> None:
    for note in sorted(state.notes.values(), key=lambda note: note.at):
        print(printable(f"{local_time(note.at)}  {note.note} by {note.evidence.id} of {note.evidence.source}"))
    for alarm in state.alarms.values():
        print(printable(f"{local_time(alarm.at)}  overdue ({alarm.limit}), told: {', '.join(alarm.told)}"))
    if state.draft is not None:
        print(printable(f"{local_time(state.draft.at)}  drafted, form {state.draft.form}, {state.draft.digest[:12]}"))
    for each in state.decided.values():
        if each.outcome == "refused":
            refused = f"{word('ui', 'refused', lang)}: {each.decision}: {each.why}. {as_typed(each.hint or '')}"
            print(printable(f"{local_time(each.at)}  {refused}"))
    for said in state.said:
        print(printable(f"{local_time(said.taken)}  {_said(said, lang)}"))


def _said(said: Said, lang: Language) -> str:
    """Say what a person said, and how far the name on it can be believed."""
    record = said.record
    what = f"draft {record.digest[:12]}" if isinstance(record, Released) else record.note
    if said.signer is None:
        return f"{_claim(said, lang)}: {what}"
    return f"{word('duty_state', record.type, lang)}, {word('ui', 'signed', lang)}, {said.signer}: {what}"


def _claim(said: Said, lang: Language) -> str:
    """Say what does not count, in whose name it stands, and why it does not."""
    act, unverified = (word("duty_state", code, lang) for code in (said.record.type, "unverified"))
    why = word("unverified", "" if said.why is None else said.why.value, lang)
    return f"«{act}»: «{said.record.by}», {unverified} ({why})"
