"""`cbrn desk ...`: the duty officers' desk as whoever keeps it sees it. This module only mounts."""

from __future__ import annotations

from cbrn_deploy.cli.desk import account
from cbrn_deploy.cli.desk import rebuild as cli_rebuild
from cbrn_deploy.cli.invocation import App

app = App("Keep the duty officers' desk: who may sign in, and its database.")

app.add_typer(account.app, name="account")
app.command("rebuild")(cli_rebuild.rebuild)
