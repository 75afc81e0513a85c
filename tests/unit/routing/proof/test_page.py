"""The coverage matrix: complete, true, readable without network, in three languages."""

import json
import re
from datetime import date

import pytest
from tests.builders.command_line import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_routing.facets import facets_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof import Finding, Report, check, event_in
from cbrn_routing.proof.cells import kind_hazards
from cbrn_routing.proof.matrix import PLACES, SEVERITIES, matrix
from cbrn_routing.proof.page import page, stylesheet
from cbrn_routing.rulebook import Directory, Matcher, RuleBook, national_rulebook
from cbrn_routing.rulebook.cases import case_facets
from cbrn_routing.rulebook.language import Case
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES, parse_event

DAY = date(2026, 11, 23)
LANGUAGES = ("ky", "ru", "en")


@pytest.fixture(scope="module")
def book():
    return national_rulebook()


@pytest.fixture(scope="module")
def shown(book):
    return matrix(book, DAY)


@pytest.fixture(scope="module")
def pages(book):
    report = check(book, DAY)
    return {lang: page(book, report, lang) for lang in LANGUAGES}


def test_every_kind_with_every_hazard_severity_and_region_is_in_exactly_one_row(shown):
    """What a lawyer does not find, he must take for forgotten."""
    found = [
        (block.kind, section.hazard, severity, region)
        for section in shown.hazards
        for block in section.blocks
        for row in block.rows
        for severity in row.severities
        for region in (row.regions or PLACES)
    ]
    wanted = {
        (pair.kind, pair.hazard, severity, region)
        for pair in kind_hazards()
        for severity in SEVERITIES
        for region in PLACES
    }
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_every_rule_of_the_book_stands_somewhere_in_the_matrix(book, shown):
    """A rule that nobody can see cannot be objected to."""
    seen = {line.rule.id for line in shown.general}
    for section in shown.hazards:
        seen |= {line.rule.id for line in section.common}
        for block in section.blocks:
            seen |= {line.rule.id for line in block.lines}
            for row in block.rows:
                told = row.told
                named = (*told.lead, *told.support, *told.inform, *told.partners)
                seen |= {rule for each in named for rule in each.rules}
    only_restrict = {rule.id for rule in book.rules if not (rule.lead or rule.support or rule.inform or rule.partners)}
    assert {rule.id for rule in book.rules} - seen <= only_restrict


def test_a_row_says_what_the_matcher_decides(book, shown):
    """The page is an answer of the one matcher, not a second opinion."""
    matcher, directory = Matcher(book, on=DAY), Directory.from_catalogue(DAY)
    for section in shown.hazards:
        for block in section.blocks:
            plain = event_in({"kind": block.kind, "hazard": section.hazard})
            traits = _facets(plain).traits
            for row in block.rows:
                asked = {"kind": block.kind, "hazard": section.hazard, "severity": row.severities[0]}
                cell = case_facets(Case(title="a row", facets=asked))._replace(traits=traits)
                decision = matcher.decide(cell)
                assert [each.name for each in row.told.lead] == [decision.lead.body]
                assert row.told.acknowledge_within_s == decision.acknowledge_within_s
                codes = {each.body for each in decision.recipients}
                told = {each.name for each in (*row.told.lead, *row.told.support, *row.told.inform)}
                assert {code for name in told for code in directory.resolve(name, cell)} == codes


def _facets(event):
    parsed = parse_event(json.dumps(event).encode())
    return facets_of(parsed, Gazetteer().locate(parsed.where))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_needs_nothing_but_itself(pages, lang):
    """It is read in rooms without a network, and filed."""
    text = pages[lang]
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(", text)
    assert not re.search(r'(src|href)="(?!#)', text)
    assert f'<html lang="{lang}">' in text
    anchors = set(re.findall(r'href="#([^"]+)"', text))
    assert anchors <= set(re.findall(r'id="([^"]+)"', text))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_front_says_what_was_proved_when_and_what_was_not(book, pages, lang):
    """A print without digest and date proves nothing in a year."""
    text = pages[lang]
    for said in (book.digest, DAY.isoformat(), word("matrix", "not-law", lang), word("matrix", "proved-lead", lang)):
        assert said in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_and_every_rule_with_its_basis_is_on_the_page(book, pages, lang):
    """In the reader's language, with the source of each fact."""
    text = pages[lang]
    assert all(word("kind", kind, lang) in text for kind in EVENT_TYPES)
    assert all(f"<code>{rule.id}</code>" in text for rule in book.rules)
    assert text.count('<div class="basis') == sum(len(rule.bases) for rule in book.rules)


def test_the_page_is_made_to_be_printed(pages):
    """Landscape, a page for each hazard, heads repeated."""
    for wanted in ("A4 landscape", "break-before: page", "display: table-header-group"):
        assert wanted in pages["ru"]
    assert pages["ru"].count('<section class="part"') == 6


@pytest.mark.parametrize("lang", LANGUAGES)
def test_on_a_phone_each_cell_names_its_head_and_no_column_is_left(pages, lang):
    """As a table it had one letter a line there; each row is a card, and each cell says what it is."""
    text = pages[lang]
    assert "@media screen and (max-width: 760px)" in text
    bare = re.findall(
        r"<td(?![^>]*(?:data-head|colspan|rowspan|class=))[^>]*>",
        text.partition('id="chemical"')[2].partition('id="general"')[0],
    )
    assert not bare
    assert f'data-head="{word("matrix", "lead", lang)}"' in text


def test_nothing_of_the_page_is_styled_in_its_place(pages):
    """The desk shows the same parts, and its browser refuses style in attributes."""
    assert not re.search(r"\sstyle=|\son\w+=", pages["ky"])


def test_everything_in_the_style_hangs_on_the_coverage():
    """It is loaded by the desk, too, whose own pages it must not change."""
    rules = re.findall(r"^\s*([^@{}/\n][^{}\n]*)\{", stylesheet(), re.MULTILINE)
    assert rules
    assert all(part.strip().startswith(".coverage") for rule in rules for part in rule.split(",") if part.strip())


def test_a_finding_shows_the_event_that_proves_it():
    """As text that nobody's browser runs."""
    event = {"kind": "chemical-release", "situation": "</pre><script>alert(1)</script>"}
    found = Finding("error", "no-lead", "chemical-release", (), DAY, None, event)
    book = RuleBook.from_texts({"one.yaml": STRANGER.replace("mse", "mes")})
    shown = page(book, Report(book.digest, DAY, (found,), (DAY,), 1, 1, 1), "en")
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert word("matrix", "counterexample", "en") in shown


def test_what_no_source_confirms_is_marked(book, pages):
    """A mark in the cell, at the rule, and at the basis."""
    low = sum(basis.confidence == "low" for rule in book.rules for basis in rule.bases)
    assert low
    assert pages["en"].count('<div class="basis low">') == low
    assert '<a href="#r' in pages["en"]
    assert 'class="low"' in pages["en"]


def test_what_an_author_writes_is_shown_as_text():
    """A title is no place for markup."""
    lead = {"lane": ["incidents", "monitoring"]}
    text = f"""
rules:
  - id: everything
    title: {{ky: Баары <b>, ru: Всё <script>alert(1)</script>, en: Everything <i>}}
    basis: [{{instrument: mandate-mes, article: "<u> article", source: "<s> source", confidence: low}}]
    when: {lead}
    lead: mes
"""
    book = RuleBook.from_texts({"one.yaml": text})
    shown = page(book, check(book, DAY), "ru")
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_the_command_writes_the_page(tmp_path):
    """`cbrn rules check --html`, in the language asked for."""
    file = tmp_path / "matrix.html"
    answer = CliRunner().invoke(app, ["rules", "check", "--html", str(file), "--lang", "ky"])
    assert answer.exit_code == 0, answer.output
    assert word("matrix", "title", "ky") in file.read_text(encoding="utf-8")


STRANGER = """
rules:
  - id: everything
    title: {ky: Баары, ru: Всё подряд, en: Everything}
    basis: [{instrument: mandate-mes, article: general mandate, source: a test, confidence: high}]
    when: {lane: [incidents, monitoring]}
    lead: mse
"""


def test_a_cell_that_nobody_leads_says_so():
    """An empty field would be read over."""
    book = RuleBook.from_texts({"one.yaml": STRANGER.replace("mse", "mes").replace("incidents, ", "")})
    shown = page(book, check(book, DAY), "en")
    assert shown.count(f'<span class="error">{word("matrix", "nobody", "en")}</span>') > 1
    assert word("matrix", "failed", "en") in shown


@pytest.mark.parametrize("text", ["rules: [{id: Nonsense}]", STRANGER], ids=["no-language", "no-such-body"])
def test_no_page_is_written_of_files_that_are_no_book(tmp_path, text):
    """Half a matrix would be taken for the whole."""
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    file = tmp_path / "matrix.html"
    answer = CliRunner().invoke(app, ["rules", "check", str(tmp_path), "--html", str(file)])
    assert answer.exit_code == 1
    assert not file.exists()


def test_the_page_overwrites_no_file_of_another_kind(tmp_path):
    """A draft or a key, by a slip in the file's name; a former page is written anew."""
    (tmp_path / "all.yaml").write_text(STRANGER.replace("mse", "mes"), encoding="utf-8")
    for content, status in ((b"-----BEGIN PRIVATE KEY-----", 2), (b"<!doctype html><html>", 0), (b"", 0)):
        file = tmp_path / "there"
        file.write_bytes(content)
        answer = CliRunner().invoke(app, ["rules", "check", str(tmp_path / "all.yaml"), "--html", str(file)])
        assert answer.exit_code == status, answer.output
        assert (file.read_bytes() == content) is (status == 2)
