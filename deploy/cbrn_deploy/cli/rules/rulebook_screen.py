"""Rule books in force as lines and tables: what was signed, and what each router says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from cbrn_consumers.rulebooks.status import Outcome, live
from cbrn_deploy.cli.printing import complain, console, printable, shown
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.rulebooks.activating import History, Prepared
    from cbrn_consumers.rulebooks.status import Answer
    from cbrn_routing.activation import Candidate, Posted
    from cbrn_routing.activation.status import Report
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.topics import Realm


def took_it(answers: Sequence[Answer] | None, now: datetime) -> bool | None:
    """Tell whether a router has taken the book; None where none that is alive reports, so that nobody knows."""
    if any(each.outcome is Outcome.TAKEN for each in answers or ()):
        return True
    return False if any(not each.report.silent(now) for each in answers or ()) else None


def print_answers(prepared: Prepared, answers: Sequence[Answer] | None, realm: Realm, now: datetime) -> None:
    """Print what became of an activation: in force with whom, refused by whom and why."""
    activation = prepared.activation
    taken = sum(each.outcome is Outcome.TAKEN for each in answers or ())
    heard = sum(each.outcome is not Outcome.UNHEARD or not each.report.silent(now) for each in answers or ())
    named = f"{realm} as number {activation.sequence}: {activation.digest}"
    if taken:
        print(f"in force in {named}" + ("" if taken == heard else f"\nwith {taken} of {heard} routers only"))
    else:
        print(f"signed and written, not in force in {named}" if heard else f"signed and written in {named}")
    print(f"signed by {printable(', '.join(map(str, prepared.signers)))}")
    for each in answers or ():
        if each.outcome is Outcome.UNHEARD and each.report.silent(now):
            continue  # it was silent before, and may be gone for good
        why = f": {each.why}" if each.why else ""
        hint = f" ({each.hint})" if each.hint else ""
        print(printable(f"  {each.report.status.router}  {each.outcome.value}{why}{hint}"))
    if not heard:
        missing = "no router reports on this bus" if answers is None else "no router was heard lately"
        remedy = "Run `cbrn topics apply`, and look at the routers' logs." if answers is None else "Is one running?"
        complain(f"{missing}: whether the book is in force is not known", remedy)
    elif not taken:
        complain("no router has taken the book: alerts go out by the former one", "See above what each says.")


def rows_of(history: History, reports: Sequence[Report] | None, now: datetime) -> list[dict[str, Any]]:
    """Return the topic's records, the newest first, each with what became of it."""
    heard = live(reports, now)
    return [_row(posted, history, heard) for posted in reversed(history.posted)]


def _row(posted: Posted, history: History, heard: Sequence[Report]) -> dict[str, Any]:
    error = history.refused.get(posted.offset)
    found = next((one for one in history.signed if one.posted is posted), None)
    activation = posted.activation
    having = [] if found is None else _having(found, heard)
    refusals = {
        each.status.router: refusal.why
        for each in heard
        for refusal in each.status.refused
        if refusal.offset == posted.offset
    }
    state = "in-force" if having else "refused" if found is None else _state(found, history, heard, refusals)
    why = str(error) if error else next(iter(refusals.values()), None) if state == "refused" else None
    return {
        "state": state,
        "sequence": activation.sequence if activation else None,
        "digest": activation.digest if activation else None,
        "since": posted.at.isoformat(),
        "offset": posted.offset,
        "signed_by": [str(signer) for signer in found.signers] if found else [],
        "why": why,
        "in_force_with": having,
        "refused_by": refusals,
    }


def _having(found: Candidate, heard: Sequence[Report]) -> list[str]:
    """Name the routers that decide by this record's book."""
    return [each.status.router for each in heard if each.status.offset == found.posted.offset]


def _state(found: Candidate, history: History, heard: Sequence[Report], refusals: dict[str, str]) -> str:
    """Say what became of a signed book that is in force with no router that was heard."""
    if heard and len(refusals) == len(heard):
        return "refused"
    if found is history.signed[0]:
        return "signed"
    former = max(
        (one.activation.sequence for one in history.signed if one.posted.offset < found.posted.offset), default=0
    )
    return "earlier" if found.activation.sequence > former else "never"


def print_history(
    history: History,
    rows: list[dict[str, Any]],
    reports: Sequence[Report] | None,
    *,
    now: datetime,
    lang: Language,
) -> None:
    """Print the records, then what each router decides by."""
    if not history.signed:
        print(word("ui", "shipped-book", lang))
    table = _table(("number", "state", "since", "rulebook", "signed-by"), lang)
    for row in rows:
        said = "; ".join(part for part in (", ".join(row["signed_by"]), row["why"]) if part)
        since = local_time(datetime.fromisoformat(row["since"]))
        cells = (str(row["sequence"] or ""), word("ui", row["state"], lang), since, (row["digest"] or "")[:12])
        table.add_row(*map(shown, (*cells, said)))
    if rows:
        console().print(table)
    _print_routers(reports, now, lang)
    if not live(reports, now):
        missing = "no router reports on this bus" if reports is None else "no router was heard lately"
        remedy = "Run `cbrn topics apply`, and look at the routers' logs." if reports is None else "Is one running?"
        complain(f"{missing}: what is in force is not known, only what was signed", remedy)


def _print_routers(reports: Sequence[Report] | None, now: datetime, lang: Language) -> None:
    table = _table(("router", "number", "rulebook", "since", "heard"), lang)
    for each in reports or ():
        status = each.status
        book = status.digest[:12] if status.digest else word("ui", "shipped", lang)
        since = "" if status.taken is None else local_time(status.taken)
        heard = local_time(each.heard) if each.silent(now) else word("ui", "now", lang)
        last = status.refused[-1] if status.refused else None
        refused = "" if last is None else f"{word('ui', 'refused', lang)} {last.sequence or '?'}: {last.why}"
        said = "; ".join(part for part in (heard, status.problem or "", refused) if part)
        table.add_row(*map(shown, (status.router, str(status.sequence), book, since, said)))
    if reports:
        print()
        console().print(table)


def _table(heads: tuple[str, ...], lang: Language) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(word("ui", head, lang), overflow="fold")
    return table
