"""Completion as the three shells ask for it: the program's own protocol, in a process of its own."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cbrn_deploy.cli.completion import complete_event_files, complete_kinds, complete_rules, complete_scenarios
from cbrn_producers.simulator import scenarios
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.events import EVENT_TYPES

CPU_S_MAX = 1.0
"""Measured: 0.22 s, and 0.45 s where Python may write no bytecode, as in some tests. The machine may be slow."""


def ask(shell, line, lang="en", folder=None):
    """Ask for what may follow the line, as a shell's script does."""
    words = line.split(" ")
    variables = {
        "_CBRN_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "CBRN_LANG": lang,
        "COLUMNS": "30",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "cbrn_deploy"],
        env=os.environ | variables,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cbrn inbox mes-", {"mes-cmc", "mes-112", "mes-hydromet", "mes-tailings", "mes-forest"}),
        ("cbrn tail МЧ", {"МЧС", "МЧК"}),
        ("cbrn publish event.json --as mayor", set()),
        ("cbrn publish event.json --as mof", {"mof"}),
        ("cbrn explain event.json --why-not iae", {"iaea"}),
        ("cbrn duties list --body sc", {"scns"}),
        ("cbrn bodies custo", {"customs"}),
        ("cbrn sites F3", {f"F3{number}" for number in range(8)}),
        ("cbrn districts 4170623", set()),
        ("cbrn districts 4170625", {"41706255", "41706259"}),
        ("cbrn crossings kyz", {"kyzyl-kyya", "kyzyl-bel"}),
        ("cbrn place tor", {"torugart"}),
        ("cbrn demo --scenario min", {"min-kush-2024"}),
        ("cbrn rules show tailings-f", {"tailings-failure"}),
        ("cbrn rules test nat", {"national"}),
        ("cbrn --lang ", {"ky", "ru", "en"}),
        ("cbrn district", {"districts"}),
    ],
)
def test_bash_is_offered_what_is_at_hand(line, offered, tmp_path):
    """Nobody knows fifty codes by heart."""
    found = set(ask("bash", line, folder=tmp_path).split())
    assert offered <= found
    assert offered or not found


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "Kumtor gold mine"), ("ru", "Кумтор"), ("ky", "Кумтөр"), ("xx", "Kumtor gold mine")]
)
def test_zsh_and_fish_show_names_in_the_language_of_the_call(lang, name):
    """A code without its name helps only those who know it."""
    assert f'"F16":"{name}' in ask("zsh", "cbrn sites F16", lang)
    assert ask("fish", "cbrn sites F16", lang).startswith(f"F16\t{name}")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_an_offer_is_one_line_however_narrow_the_terminal(shell):
    """A line break inside a ministry's name would be an offer of its own."""
    lines = ask(shell, "cbrn inbox mn", "ru").splitlines()
    assert len(lines) == 2
    assert all("…" in line for line in lines)


def test_files_of_events_are_offered_and_the_folders_on_the_way(tmp_path):
    """Only what may hold events; a single folder is entered, since a blank behind it would end the word."""
    (tmp_path / "events" / "more").mkdir(parents=True)
    for name in ("events/a.json", "events/b.yaml", "events/c.txt", "events/.hidden.json", "events/more/d.jsonl"):
        (tmp_path / name).touch()
    offered = {"events/a.json", "events/b.yaml", "events/more/"}
    for line in ("cbrn publish ", "cbrn route ev", "cbrn explain events/"):
        assert set(ask("bash", line, folder=tmp_path).split()) == offered
    assert ask("bash", "cbrn route events/m", folder=tmp_path) == "events/more/d.jsonl"
    assert ask("bash", "cbrn route nowhere/", folder=tmp_path) == ""
    assert ask("zsh", "cbrn route nowhere/", folder=tmp_path) == "_files"


def test_bash_itself_completes(tmp_path):
    """The script that --show-completion prints, in a real shell, with the program on its path."""
    bash = shutil.which("bash")
    program = Path(sys.executable).with_name("cbrn")
    if bash is None or not program.exists():
        pytest.skip("no bash, or the program is not installed")
    script = (
        "source <(_CBRN_COMPLETE=source_bash cbrn); COMP_WORDS=(cbrn inbox scn); COMP_CWORD=2; _cbrn_completion cbrn; "
        'echo "${COMPREPLY[@]}"; complete -p cbrn'
    )
    environment = os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "--norc", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == "scns"
    assert "-o default -F _cbrn_completion cbrn" in done.stdout, "where nothing is offered, bash offers files"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(shell):
    """What --install-completion would write."""
    environment = os.environ | {"_CBRN_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-m", "cbrn_deploy"], env=environment, capture_output=True, text=True, check=True
    )
    assert f"_CBRN_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("line", ["cbrn inbox m", "cbrn rules show ", "cbrn place 4"])
def test_an_answer_does_not_keep_one_waiting(shell, line):
    """What a hand does not wait for is not used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ask(shell, line)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_S_MAX


@pytest.mark.parametrize(
    "line", ["cbrn inbox m", "cbrn rules show ", "cbrn publish x --as m", "cbrn demo --scenario m"]
)
def test_an_answer_loads_nothing_heavy(line):
    """The models of events alone would take longer than all else."""
    program = """
import sys
from cbrn_deploy.cli.main import main
sys.argv = ["cbrn"]
try:
    main()
except SystemExit:
    pass
heavy = ("aiokafka", "faststream", "structlog", "yaml", "cbrn_schemas.events.chemical", "rich.console")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    variables = {"_CBRN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


class Context:
    """As much of a call's context as is asked."""

    params: dict[str, str] = {}  # noqa: RUF012 - nobody changes it

    def find_root(self):
        return self


def test_what_is_offered_without_loading_it_is_what_there_is():
    """Kinds come from words, cases from files' names, rules from lines: none may be missing, none too many."""
    assert {name for name, _ in complete_kinds(Context(), "")} == set(EVENT_TYPES)
    assert {name for name, _ in complete_scenarios("")} == {*(each.name for each in scenarios()), "all"}
    book = national_rulebook()
    assert {name for name, _ in complete_rules("")} == {each.id for each in (*book.rules, *book.duties)}


def test_files_with_odd_names_do_not_spoil_the_offers(tmp_path):
    """A name with a line break would be two offers; one in cp1251 could not be printed, and nothing else would be."""
    for name in (b"good.json", b"two\nlines.json", "отчёт.json".encode("cp1251"), b"\x1b[2J.json"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    assert complete_event_files(f"{tmp_path}/") == [f"{tmp_path}/good.json"]


def test_a_home_of_nobody_offers_nothing():
    assert complete_event_files("~nobody-has-this-name/") == []
