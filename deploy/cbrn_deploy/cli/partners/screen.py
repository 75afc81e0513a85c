"""Copies for partners as lines on a terminal, with nothing that it would obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding

from cbrn_deploy.cli.printing import as_typed, console, printable, shown
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.marks import marked
from cbrn_schemas.partner_release import Expired, Refused, Released, Withdrawn

if TYPE_CHECKING:
    from cbrn_consumers.partners import Copy
    from cbrn_schemas.events.base import Language

DIGITS = 12


def print_list(copies: list[Copy], lang: Language) -> None:
    """Print the list: of each copy its id on a line of its own, to be copied, and what matters below it."""
    if not copies:
        print(word("ui", "none", lang))
        return
    out = console()
    for copy in copies:
        style = "bold red" if copy.recalls and copy.waits else "bold" if copy.waits else "dim"
        out.print(shown(copy.id, style), soft_wrap=True)
        for text in (_what(copy, lang), _state(copy, lang), *([] if copy.shown is not None else [copy.why_in(lang)])):
            out.print(Padding(shown(text), (0, 0, 0, 2), expand=False))


def print_copy(copy: Copy, lang: Language) -> None:
    """Print one copy, by which clauses it may go, what is withheld, and what has become of it."""
    facts = {
        "ID": copy.id,
        word("copy", "partner", lang): body_name(copy.held.partner, lang),
        word("ui", "state", lang): _state(copy, lang),
        word("kind", copy.held.kind, lang): _what(copy, lang),
        word("ui", "reason", lang): copy.why_in(lang),
    }
    if copy.weighed is not None:
        decides = ", ".join(body_name(code, lang) for code in copy.weighed.bodies)
        facts[word("copy", "decides", lang)] = decides or "-"
    _print_facts(facts)
    _print_shown(copy, lang)
    _print_history(copy, lang)


def print_preview(copy: Copy, lang: Language) -> None:
    """Print all that the partner would see, and what of the event it would not."""
    print_copy(copy, lang)
    assert copy.shown is not None, "the command has looked"
    for name, text in (("event", copy.shown.event), *((each.format, each.text) for each in copy.shown.documents)):
        print(f"\n--- {name}")
        for line in text.splitlines():
            print(printable(line))
    command = as_typed(f"cbrn partners release {copy.id} --seen {copy.shown.digest[:DIGITS]} --reason ... --key ...")
    if copy.waits:
        print(f"\n{printable(command)}")


def _what(copy: Copy, lang: Language) -> str:
    held = copy.held
    said = held.headlines.get(lang) or next(iter(held.headlines.values()), word("kind", held.kind, lang))
    line = f"{marked(said, held, lang)} · {word('severity', held.severity, lang)} · {held.situation}"
    if copy.corrects is None or not copy.waits:  # what it corrects is said to whoever decides, and nobody does any more
        return line
    return f"{word('held', 'recalls' if copy.recalls else 'corrects', lang)} ({copy.corrects}) · {line}"


def _state(copy: Copy, lang: Language) -> str:
    parts = [word("copy", copy.state.value, lang), local_time(copy.held.at if copy.end is None else copy.end.at)]
    if copy.persons_missing and copy.shown is not None:
        parts.append(f"{word('held', 'persons', lang)}: {copy.persons_missing}")
    if copy.leaves_at is not None:
        parts.append(f"{word('copy', 'leaves-at', lang)} {local_time(copy.leaves_at)}")
    elif copy.waits and copy.due is not None:
        parts.append(f"{word('ui', 'due', lang)} {local_time(copy.due)}")
    return " · ".join(parts)


def _print_shown(copy: Copy, lang: Language) -> None:
    seen = copy.shown
    if seen is None:
        return
    _print_facts(
        {
            word("copy", "agreement", lang): f"{seen.agreement} (sha256:{seen.agreement_digest[:DIGITS]})",
            word("copy", "seen", lang): seen.digest[:DIGITS],
        }
    )
    for field, clause in seen.clauses.items():
        print(printable(f"  {word('copy', 'lets-through', lang)}: {field} ({clause})"))
    for each in seen.withheld:
        print(printable(f"  {word('copy', 'withheld', lang)}: {each.field} ({_why(each.why, lang)})"))


def _why(code: str, lang: Language) -> str:
    """Say why a field stays, in the reader's words, where there are any for it."""
    return word("withheld", code, lang) if ("withheld", code) in words() else code


def _print_history(copy: Copy, lang: Language) -> None:
    for approval in copy.approvals:
        print(printable(f"{local_time(approval.at)}  {approval.by}: {approval.reason}"))
    for answer in copy.answers:
        if answer.outcome == "refused":
            why, hint = answer.in_words(lang)
            refused = f"{word('ui', 'refused', lang)}: {answer.decision}: {why}. {as_typed(hint)}"
            print(printable(f"{local_time(answer.at)}  {refused}"))
    if copy.end is not None:
        if isinstance(copy.end, Released):
            print(printable(f"{word('copy', 'answers', lang)}: {as_typed(f'cbrn standing {copy.situation_abroad}')}"))
        print(printable(f"{local_time(copy.end.at)}  {word('copy', copy.state.value, lang)}: {_ended(copy.end)}"))


def _ended(end: Released | Refused | Expired | Withdrawn) -> str:
    if isinstance(end, Released):
        names = ", ".join(dict.fromkeys(each.by for each in end.approvals))
        return f"{names or end.agreement}; {end.unsigned or 'signed'}"
    if isinstance(end, Refused):
        return f"{end.by}: {end.reason}"
    if isinstance(end, Expired):
        return local_time(end.due)
    return f"{end.because} ({end.by})"


def _print_facts(facts: dict[str, str]) -> None:
    for label, fact in facts.items():
        print(f"{label + ':':<22} {printable(fact)}")
