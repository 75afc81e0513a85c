"""Accounts, and what happened to them, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from cbrn_deploy.cli.printing import console, shown
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.desk.accounts import Account, Entry
    from cbrn_schemas.events.base import Language

DAY_AND_TIME: Final = "%d.%m.%Y %H:%M:%S"


def print_accounts(accounts: Iterable[Account], lang: Language) -> None:
    """Print who may sign in; the disabled ones dim."""
    heads = (*(word("account", head, lang) for head in ("name", "shown")), word("ui", "body", lang))
    table = _table(*heads, *(word("account", head, lang) for head in ("role", "state")))
    for each in accounts:
        cells = (each.name, each.shown, body_name(each.body, lang), word("account_role", each.role, lang))
        table.add_row(*map(shown, (*cells, _state(each, lang))), style="dim" if each.disabled else "")
    console().print(table)


def print_entries(entries: Iterable[Entry], lang: Language) -> None:
    """Print what happened, newest first; the exact reasons are the log's own words."""
    heads = (word("ui", "time", lang), *(word("account", head, lang) for head in ("act", "name")))
    table = _table(*heads, word("ui", "author", lang), *(word("account", head, lang) for head in ("address", "note")))
    for each in entries:
        act = word("account_act", each.act, lang)
        cells = (local_time(each.at, DAY_AND_TIME), act, each.name, each.by, each.address, each.note)
        table.add_row(*map(shown, cells), style="yellow" if each.act == "refused" else "")
    console().print(table)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _state(account: Account, lang: Language) -> str:
    if account.disabled:
        return word("account_act", "disabled", lang)
    return word("account", "must-change" if account.must_change else "in-use", lang)
