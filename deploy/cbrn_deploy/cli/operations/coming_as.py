"""As whom a process comes that somebody starts by its command."""

# ruff: noqa: PLC0415 - what is heavy is imported inside, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbrn_deploy.cli.invocation import Invocation
    from cbrn_schemas.settings import Settings


def own_settings(call: Invocation, process: str, body: str | None = None) -> Settings:
    """Return the settings of a process, which comes as its own user also where nobody has told it how."""
    from cbrn_deploy.processes.local_users import as_itself
    from cbrn_schemas.users import User

    return call.run(as_itself(call.settings, User(call.settings.realm, body, process)), "warning")
