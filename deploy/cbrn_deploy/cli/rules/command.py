"""`cbrn rules ...`: the rule book proved, tried, compared, put into force. This module only mounts."""

from __future__ import annotations

from cbrn_deploy.cli.invocation import App
from cbrn_deploy.cli.rules import activate as cli_rules_activate
from cbrn_deploy.cli.rules import check as cli_rules_check
from cbrn_deploy.cli.rules import compare as cli_rules_compare
from cbrn_deploy.cli.rules import load as cli_rules_load
from cbrn_deploy.cli.rules import show as cli_rules_show

app = App("The rule book: prove it, try it, compare it, put it into force.")

app.command("check")(cli_rules_check.check)
app.command("keygen")(cli_rules_activate.keygen)
app.command("sign")(cli_rules_activate.sign)
app.command("activate")(cli_rules_activate.activate)
app.command("active")(cli_rules_activate.active)
app.command("test")(cli_rules_show.try_cases)
app.command("show")(cli_rules_show.show)
app.command("diff")(cli_rules_compare.diff)
app.command("replay")(cli_rules_compare.replay)
app.command("load")(cli_rules_load.load)
