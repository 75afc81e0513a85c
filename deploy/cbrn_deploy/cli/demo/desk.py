"""The desk beside the demo: the case is watched on its pages as it plays. One sign-in for each ministry."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import SecretStr

from cbrn_consumers.desk.accounts import COMMAND_LINE, Accounts, Role, new_password
from cbrn_deploy.kafka import free_ports
from cbrn_deploy.processes.children import DeskProcess
from cbrn_routing.decision import CRISIS_CENTRE
from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings

POST: Final = {"ky": "Нөөмөтчү", "ru": "Дежурный", "en": "Duty officer"}


class Desk(NamedTuple):
    """A desk that can be started, and who may sign in."""

    process: DeskProcess
    address: str
    names: tuple[str, ...]
    """One a ministry: its code."""
    password: str
    """The same for all of them: it opens nothing but this demo, on this machine."""


def open_desk(settings: Settings, folder: Path, lang: Language) -> Desk:
    """Make the accounts and the process of a demo's desk. It takes a second, most of it a hash: call it in a thread."""
    own = settings.model_copy(
        update={
            "data_dir": folder,
            "desk_database": SecretStr(f"sqlite:///{folder / 'desk.sqlite'}"),
            "desk_accounts": SecretStr(f"sqlite:///{folder / 'desk-accounts.sqlite'}"),
        }
    )
    password, now = new_password(), datetime.now(UTC)
    today = now.date()
    names = tuple(code for code, body in bodies().items() if body.member and body.valid_on(today))
    with Accounts.of(own) as accounts:
        for name in names:
            accounts.add(
                name,
                shown=f"{POST[lang]} ({name})",
                body=name,
                role=Role.SHIFT_LEADER,
                lang=lang,
                password=password,
                must_change=False,
                by=COMMAND_LINE,
                now=now,
            )
    address = _address()
    process = DeskProcess(own, CRISIS_CENTRE, folder / "logs" / "desk.log", all_bodies=True, listen=address)
    return Desk(process, address, names, password)


def _address() -> str:
    """Return the usual address, or one with a free port where that is taken."""
    host, _, port = DeskProcess.ADDRESS.partition(":")
    with closing(socket.socket()) as probe:
        try:
            probe.bind((host, int(port)))
        except OSError:
            return f"{host}:{free_ports(1)[0]}"
    return DeskProcess.ADDRESS
