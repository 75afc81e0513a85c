"""An agreement that is wrong is refused, with the line and what to do: one mistake each."""

from pathlib import Path

import pytest
from tests.builders.sharing import written

from cbrn_routing.sharing import AgreementError, Agreements, read_agreement

GOOD = """\
partner: kz
version: 1
title: {ky: бир келишим, ru: соглашение, en: an agreement}
basis:
  - instrument: example-agreement
    article: Article 1
    since: 2020-01-01
    source: a test
    confidence: low
valid_from: 2020-01-01
valid_to: 2026-12-31
hazards: [radiological]
kinds: [gamma-dose-rate]
fields:
  - certainty
  - {name: reading, article: Article 2}
place: district
tlp: AMBER
delay: 15m
release: {persons: 1, bodies: [mfa], within: 24h}
formats: [cap]
signatures: {demand: optional}
"""
MISTAKES = {
    "unknown-field": ("  - certainty", "  - certainty\n  - texts.headlin", 16, "texts.headline"),
    "part-of-place": ("  - certainty", "  - certainty\n  - where.point", 16, "`place`"),
    "frame": ("  - certainty", "  - certainty\n  - tlp", 16, "Take it out"),
    "field-twice": ("  - certainty", "  - certainty\n  - certainty", 14, "Take one of them out"),
    "kind-unknown": ("[gamma-dose-rate]", "[gamma-dose-rat]", 13, "gamma-dose-rate"),
    "kind-incomplete": ("  - certainty\n", "", 14, "Add to fields: certainty"),
    "kind-without-its-field": ("[gamma-dose-rate]", "[gamma-dose-rate, chemical-spill]", 14, "substances"),
    "hazard-unknown": ("[radiological]", "[radiologic]", 12, "radiological"),
    "body-at-home": ("partner: kz", "partner: mes", 1, "neighbour"),
    "body-unknown": ("partner: kz", "partner: kzz", 1, "kz"),
    "releases-to-itself": ("bodies: [mfa]", "bodies: [kz]", 20, "bodies of the country"),
    "three-persons": ("persons: 1", "persons: 3", 20, "at most 2"),
    "no-person": ("persons: 1", "persons: 0", 20, "at least 1"),
    "tlp-unknown": ("tlp: AMBER", "tlp: PURPLE", 18, "Use one of"),
    "place-unknown": ("place: district", "place: village", 17, "Use one of"),
    "ends-before-it-begins": ("valid_to: 2026-12-31", "valid_to: 2019-12-31", 11, "Correct the dates"),
    "no-such-field": ("delay: 15m", "delai: 15m", 19, "delay"),
    "delay-unreadable": ("delay: 15m", "delay: soon", 19, "form"),
    "certificates-missing": ("{demand: optional}", "{demand: required}", 22, "certificates"),
    "certificate-elsewhere": (
        "{demand: optional}",
        "{demand: optional, certificates: [../key.pem]}",
        22,
        "form",
    ),
    "version-missing": ("version: 1\n", "", 1, "Add it"),
    "not-yaml": ("partner: kz", "partner: [kz", 2, "YAML"),
    "twice-written": ("version: 1", "version: 1\nversion: 2", 3, "YAML"),
    "a-tag": ("partner: kz", "partner: !!python/name:os.system kz", 1, "YAML"),
}


def test_a_right_agreement_is_read():
    """The text that the mistakes below are made in."""
    read = read_agreement(GOOD, name="kz.yaml")
    assert read.agreement.id == "kz/1"
    assert read.agreement.fields[1].article == "Article 2"
    assert read.line("fields", 1) == 16
    assert read.line("release", "persons") == 20


@pytest.mark.parametrize(("old", "new", "line", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line_and_a_remedy(old, new, line, remedy):
    """A ministry's lawyer edits these files, and finds the place by the line alone."""
    with pytest.raises(AgreementError) as caught:
        read_agreement(GOOD.replace(old, new), name="kz.yaml")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("kz.yaml", line)
    assert remedy in problem.remedy


def test_every_problem_of_every_file_is_told():
    """Whoever corrects one would else wait for the next."""
    with pytest.raises(AgreementError) as caught:
        Agreements.from_texts(
            {
                "a.yaml": GOOD.replace("tlp: AMBER", "tlp: PURPLE").replace("persons: 1", "persons: 3"),
                "b.yaml": "[]",
                "c.yaml": b"\xff\xfe",
            }
        )
    assert [(each.file, each.line) for each in caught.value.problems] == [
        ("a.yaml", 18),
        ("a.yaml", 20),
        ("b.yaml", 1),
        ("c.yaml", 1),
    ]


def test_a_file_beyond_all_measure_is_refused_before_it_is_read():
    """So is one whose aliases would write out billions."""
    with pytest.raises(AgreementError, match="bytes"):
        read_agreement("# " + "x" * 300_000, name="kz.yaml")
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(AgreementError, match=r"kz\.yaml:\d+"):
        read_agreement(bomb, name="kz.yaml")


def test_two_agreements_with_one_partner_may_follow_each_other_and_not_overlap():
    """Exactly one counts on a day, or nobody could say by which clause something left."""
    following = GOOD.replace("version: 1", "version: 2").replace("valid_from: 2020-01-01", "valid_from: 2027-01-01")
    following = following.replace("valid_to: 2026-12-31\n", "")
    both = Agreements.from_texts({"1.yaml": GOOD, "2.yaml": following})
    assert [each.id for each in both] == ["kz/1", "kz/2"]
    with pytest.raises(AgreementError, match="the same days") as caught:
        Agreements.from_texts({"1.yaml": GOOD, "2.yaml": following.replace("2027-01-01", "2026-12-31")})
    assert [(each.file, each.line) for each in caught.value.problems] == [("2.yaml", 10)]


def test_two_files_of_one_version_are_refused():
    """A record names partner and version: it must mean one text."""
    later = GOOD.replace("valid_from: 2020-01-01", "valid_from: 2027-01-01").replace("valid_to: 2026-12-31\n", "")
    with pytest.raises(AgreementError, match="version 1"):
        Agreements.from_texts({"1.yaml": GOOD, "2.yaml": later})


def test_a_folder_is_read_anew_when_it_has_changed(tmp_path):
    """A long process asks again; what it read before stays as it was."""
    (tmp_path / "kz.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "kz.pem").write_text("no agreement", encoding="utf-8")
    before = Agreements.read(tmp_path)
    (tmp_path / "kz.yaml").write_text(GOOD.replace("AMBER", "GREEN"), encoding="utf-8")
    after = Agreements.read(tmp_path)
    assert [each.tlp for each in (*before, *after)] == ["AMBER", "GREEN"]
    assert before.written[0].agreement.digest != after.written[0].agreement.digest


def test_a_folder_that_is_not_there_is_told():
    """Not taken for one without agreements: somebody meant something by the setting."""
    with pytest.raises(AgreementError, match="cannot be read") as caught:
        Agreements.read(Path("/nowhere/agreements"))
    assert "CBRN_AGREEMENTS" in caught.value.problems[0].remedy


def test_the_digest_knows_the_content_and_not_its_style():
    """A comment changes nothing that a record should notice."""
    one = read_agreement(GOOD, name="a.yaml").agreement
    other = read_agreement(f"# a comment\n{GOOD}", name="b.yaml").agreement
    assert one.digest == other.digest
    assert set(written()) <= set(type(one).model_fields)
