"""`cbrn partners`: the agreements; what waits for a partner abroad, what exactly it would see, who lets it go."""

from __future__ import annotations

from cbrn_deploy.cli.invocation import App
from cbrn_deploy.cli.partners import agreements, copies

app = App("Partners abroad: the agreements, and copies that wait: list, show, preview, release, refuse.")

app.command("list")(copies.list_copies)
app.command("show")(copies.show_copy)
app.command("preview")(copies.preview_copy)
app.command("release")(copies.release_copy)
app.command("refuse")(copies.refuse_copy)
app.command("agreements")(agreements.show_agreements)
