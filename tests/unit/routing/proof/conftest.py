"""The proof, as the command runs it."""

import json
import shlex

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.proof import DAY

from cbrn_deploy.cli.main import app


@pytest.fixture
def prove(tmp_path):
    """Run `cbrn rules check` over a book: the findings by code, each with what `cbrn route` says of its event."""
    runner = CliRunner()

    def run(book, *, on=DAY):
        folder = tmp_path / "book"
        folder.mkdir()
        for name, text in book.items():
            (folder / name).write_text(text, encoding="utf-8")
        events = ["--events", str(tmp_path / "events")]
        checked = runner.invoke(app, ["rules", "check", str(folder), "--on", on, "--json", *events])
        answer = json.loads(checked.stdout)
        assert checked.exit_code == (0 if answer["passed"] else 1)
        found = {}
        for finding in answer["findings"]:
            if "event_file" in finding and finding["code"] not in found:
                _, *asked = shlex.split(finding["command"])
                finding["routed"] = runner.invoke(app, [*asked, "--json"])
            found.setdefault(finding["code"], []).append(finding)
        return answer, found

    return run
