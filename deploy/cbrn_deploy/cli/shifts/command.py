"""`cbrn shift ...`: who is on duty, by the rota and by what was said since. This module only mounts."""

from __future__ import annotations

from cbrn_deploy.cli.invocation import App
from cbrn_deploy.cli.shifts import changes, files, looking, reaching

app = App("Who is on duty: now and planned, taken and handed over; whether they can be reached.")

app.command("now")(looking.now)
app.command("plan")(looking.plan)
app.command("check")(looking.check)
app.command("take")(changes.take)
app.command("handover")(changes.handover)
app.command("test")(reaching.try_officer)
app.command("answer")(reaching.answer)
app.command("swap")(files.swap)
app.command("import")(files.import_rota)
app.command("export")(files.export)
