"""`cbrn rules ...`: the rule book proved, tried, compared, put into force. This module only mounts."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="The rule book: prove it, try it, compare it, put it into force.")
