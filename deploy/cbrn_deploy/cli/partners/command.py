"""`cbrn partners`: what waits for a partner abroad, what exactly it would see, and who lets it go."""

from __future__ import annotations

from cbrn_deploy.cli.invocation import App
from cbrn_deploy.cli.partners import copies

app = App("Copies for partners abroad: list, show, preview, release, refuse.")

app.command("list")(copies.list_copies)
app.command("show")(copies.show_copy)
app.command("preview")(copies.preview_copy)
app.command("release")(copies.release_copy)
app.command("refuse")(copies.refuse_copy)
