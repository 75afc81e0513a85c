"""`cbrn feeds ...`: the feeds of this machine as whoever keeps them sees them. This module only mounts."""

from __future__ import annotations

from cbrn_deploy.cli.feeds import reader
from cbrn_deploy.cli.feeds import status as cli_status
from cbrn_deploy.cli.invocation import App

app = App("Keep the feeds for partners and the public: who may read them, and how they are.")

app.add_typer(reader.app, name="reader")
app.command("status")(cli_status.status)
