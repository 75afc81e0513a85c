"""`cbrn keys`: make, register, revoke and list the keys with which bodies sign their events; and who must sign what."""

from __future__ import annotations

from cbrn_deploy.cli.invocation import App
from cbrn_deploy.cli.keys import looking as cli_looking
from cbrn_deploy.cli.keys import registering as cli_registering

app = App("Keys with which bodies sign their events.")

app.command("new")(cli_registering.new)
app.command("register")(cli_registering.register)
app.command("revoke")(cli_registering.revoke)
app.command("list")(cli_looking.list_keys)
app.command("policy")(cli_looking.policy)
