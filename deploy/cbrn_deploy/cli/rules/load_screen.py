"""The load of alerts on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.compare import SEVERITIES
from cbrn_routing.explain.wording import named
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.compare import Load, Untasked
    from cbrn_schemas.events.base import Language

ROLES: Final = ("lead", "support", "inform")


def show_load(counted: Load, without: Iterable[Untasked], lang: Language) -> None:
    """Print a row a body; the mean of each severity; rules that tell a body without a task; what could not be read."""
    out = console()
    severities = [each for each in SEVERITIES if each in counted.told]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(word("ui", "to", lang), no_wrap=True)
    heads = [word("load", "alerts", lang), *(word("role", role, lang) for role in ROLES)]
    for head in (*heads, *(word("severity", each, lang) for each in severities)):
        table.add_column(head, justify="right", overflow="fold")
    for body, alerts in counted.by_alerts:
        counts = [alerts, *(counted.roles[body][role] for role in ROLES)]
        counts += [counted.severities[body][each] for each in severities]
        table.add_row(shown(named(body, lang), "bold"), *(shown(str(count) if count else "") for count in counts))
    out.print(table)
    for each in severities:
        mean = number(round(counted.mean(each), 1), lang)
        events = f"{word('change', 'events', lang)}: {counted.told[each].total()}"
        most = f"{word('load', 'most', lang)}: {max(counted.told[each])}"
        head = f"{word('severity', each, lang)}: {word('load', 'mean', lang)}: {mean}"
        out.print(shown(f"{head} · {most} · {events}"))
    for rule, bodies in _by_rule(without).items():
        told = ", ".join(f"{named(one.body, lang)} ({word('role', one.role, lang)})" for one in bodies)
        out.print(shown(f"{word('load', 'without-task', lang)}: {rule}: {told}", "yellow"))
    for one in counted.named_unread:
        out.print(shown(f"{word('change', 'unreadable', lang)}: {one.where}: {one.message}", "yellow"))
    parts = [counted.rulebook[:12], f"{word('change', 'events', lang)}: {counted.events}"]
    if counted.unread:
        parts.append(f"{word('change', 'unreadable', lang)}: {counted.unread}")
    out.print(shown(" · ".join(parts), "bold"))


def _by_rule(without: Iterable[Untasked]) -> dict[str, list[Untasked]]:
    found: dict[str, list[Untasked]] = {}
    for each in without:
        found.setdefault(each.rule, []).append(each)
    return found
