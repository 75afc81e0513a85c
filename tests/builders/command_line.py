"""The command line as people call it, in the tests' own process."""

from functools import cache

from click import testing
from typer.main import get_command

command_of = cache(get_command)


class CliRunner(testing.CliRunner):
    """Typer's own makes every command anew for each call: a third of what a test of the command line took."""

    def invoke(self, app, args=None, **options):
        return super().invoke(command_of(app), args, **options)
