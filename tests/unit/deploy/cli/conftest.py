"""The command, called as people and scripts call it."""

import pytest
from tests.builders.command_line import CliRunner

from cbrn_deploy.cli.main import app


@pytest.fixture
def cbrn(monkeypatch, tmp_path):
    """Run `cbrn` in an empty folder, with settings of its own and no logs set up."""
    monkeypatch.chdir(tmp_path)
    for name in ("CBRN_REALM", "CBRN_BOOTSTRAP_SERVERS", "CBRN_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()

    def invoke(*arguments, stdin=None):
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke
