"""`cbrn escalation`: who is asked, in three languages and for machines; and why a file cannot be used."""

import json

import pytest
from typer.testing import CliRunner

from cbrn_deploy.cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.mark.parametrize(("lang", "said"), [("en", "crisis management"), ("ru", "вышестоящий"), ("ky", "нөөмөтчү")])
def test_who_is_asked_one_after_the_other_is_shown(lang, said):
    """Looked at before a shift, not in the incident."""
    shown = run("--lang", lang, "escalation", "show", "mes-hydromet")
    assert shown.exit_code == 0
    assert said in shown.stdout


def test_machines_get_the_steps():
    """Seconds, codes."""
    found = json.loads(run("escalation", "show", "moh", "--declined", "--json").stdout)
    assert found["steps"] == [{"step": "crisis-centre", "body": "mes-cmc", "after": 0.0, "tell": ["mes"]}]


def test_a_file_is_checked_before_it_is_used(tmp_path):
    """With the place, the remedy, and the status of bad input."""
    assert run("escalation", "check").exit_code == 0
    (tmp_path / "escalation.yaml").write_text("crisis_centre: mes-cmc\npolicies: [{name: a, steps: [{to: body}]}]")
    refused = run("escalation", "check", tmp_path)
    assert refused.exit_code == 2
    assert "so in nobody" in refused.output
    assert run("escalation", "check", tmp_path / "none").exit_code == 2
