"""The programs that `docs/clients.md` shows are the files that are run, whole and each once."""

import re
import subprocess
import sys

import pytest
from tests.builders.clients import CLIENTS, FOLDER, KAFKAJS
from tests.builders.golden import ROOT

PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?!sh\n(?!#!))\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir() if path.is_file()}


def test_the_page_shows_each_file_whole_and_once():
    """A block that somebody has corrected in the page alone would be one that nobody has run."""
    assert sorted(BLOCKS) == sorted(FILES.values())


@pytest.mark.parametrize("name", FILES)
def test_each_sample_says_what_a_client_must(name):
    """Also of those that cannot be run here: the topic by its body, the headers, Kyrgyz letters."""
    text = FILES[name]
    assert "CBRN_BOOTSTRAP_SERVERS" in text
    assert "cbrn.from." in text
    assert "жабыңыз, үйдөн" in text
    if "librdkafka" in text or "kcat" in text or "confluent" in text.lower():
        assert re.search("murmur2_?random", text, re.IGNORECASE)
    if name != "sample_cloudevents.py":
        assert "content-type" in text
        assert re.search("read_?committed|readUncommitted: false", text, re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".py")])
def test_the_samples_in_python_are_typed(name):
    """Whoever copies one has a type checker, too."""
    checked = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", str(FOLDER / name)]
    done = subprocess.run(checked, capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, done.stdout


def test_what_is_not_run_says_so():
    """.NET is not on the machines that try the tree."""
    assert "Not run in our CI" in FILES["Program.cs"]
    assert len(CLIENTS) == len(FILES) - 1


def test_the_versions_that_are_fetched_are_those_of_the_page():
    """A pinned version stands in one place and is named in the other."""
    assert f"kafkajs {KAFKAJS.partition('@')[2]}" in PAGE
