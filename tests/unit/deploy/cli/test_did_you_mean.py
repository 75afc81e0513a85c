"""«Did you mean», wherever a name is taken from a closed list: the same words, from one function."""

import json

import pytest
from tests.builders.golden import MIN_KUSH

from cbrn_consumers import AlertFeed
from cbrn_producers import Agency, RefusedEventError
from cbrn_schemas.errors import UnknownCodeError

SILENCE = ("silence", "add", "mes", "--reason", "planned works here", "--for", "2h", "--by", "A. Asanova, duty")
TRUST = '[[signer]]\nperson = "A. Asanova"\nbody = "mhc"\nkey = "x"\n'


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("publish", "event.json", "--as", "mhe", "--dry-run"), 2, "mes, moh or mec?"),
        (("publish", "event.json", "--as", "МЧСС", "--dry-run"), 2, "Did you mean mes?"),
        (("run", "gateway", "--as", "МЧСС"), 2, "Did you mean mes?"),
        (("up", "--gateway", "МЧСС"), 2, "Did you mean mes?"),
        (("inbox", "Минздравв"), 2, "Did you mean moh?"),
        (("tail", "гкнп"), 2, "Did you mean scns?"),
        (("silence", "list", "Минприрода"), 2, "Did you mean mnrets?"),
        (("explain", "event.json", "--why-not", "Гидромед"), 2, "Did you mean mes-hydromet?"),
        (("duties", "list", "--body", "МАГАТ"), 2, "Did you mean iaea?"),
        (("rules", "show", "chemical-relase"), 2, "Did you mean chemical-release?"),
        (("rules", "test", "natoinal"), 2, "Did you mean national?"),
        (("demo", "--scenario", "min-kush"), 2, "Did you mean min-kush-2024?"),
        ((*SILENCE, "--scope", "kind=gamma", "--scope", "hazard=nuclear"), 2, "Did you mean gamma-dose-rate?"),
        ((*SILENCE, "--scope", "kind=portal-alarm", "--scope", "hazard=radiologcal"), 2, "Did you mean radiological?"),
        (("kinds", "--hazard", "radiologcal"), 2, "'--hazard': 'radiologcal' is not one of"),
        (("kinds", "--hazard", "radiologcal"), 2, "Did you mean radiological?"),
        (("--lang", "rus", "kinds"), 2, "Did you mean ru?"),
        ((*SILENCE, "--scope", "knd=gamma"), 2, "Did you mean kind?"),
        ((*SILENCE, "--scope", "hazard=nuclear", "--scope", "district=Ноокен"), 2, "mean 41703215 (Nooken district)?"),
        ((*SILENCE, "--scope", "hazard=nuclear", "--scope", "region=Чуй"), 2, "Did you mean KG-C (Chüy region)?"),
        ((*SILENCE, "--scope", "hazard=nuclear", "--scope", "publisher=mchs"), 2, "Did you mean mes?"),
        (("publsh",), 2, "Did you mean 'publish'?"),
    ],
)
def test_a_command_says_what_may_be_meant(cbrn, tmp_path, arguments, status, said):
    """A person corrects one letter and goes on."""
    (tmp_path / "event.json").write_text(json.dumps(MIN_KUSH), encoding="utf-8")
    answer = cbrn(*arguments)
    assert said in answer.stderr
    assert answer.exit_code == status


def test_a_body_publishes_under_any_of_its_names(cbrn, tmp_path):
    """As other commands take them: one way to name a body."""
    (tmp_path / "event.json").write_text(json.dumps(MIN_KUSH | {"severity": "Severe"}), encoding="utf-8")
    for name in ("mes", "МЧС", "өкм"):
        assert cbrn("publish", "event.json", "--as", name, "--dry-run").exit_code == 0


def test_a_program_is_told_as_well():
    """The code stands in a program for years; it is the first thing that is written wrong."""
    with pytest.raises(RefusedEventError) as refused:
        Agency("mhe")
    assert refused.value.hint == "Did you mean mes, moh or mec?"
    with pytest.raises(UnknownCodeError) as unknown:
        AlertFeed("МЧС", name="test", bootstrap_servers="127.0.0.1:1")
    assert unknown.value.hint == "Did you mean mes?"
