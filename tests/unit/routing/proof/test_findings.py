"""Each sort of finding, in a book broken on purpose, and reproduced by the dry run."""

import json
from datetime import date

import pytest
from tests.builders.proof import DAY, MANDATE, addition, rule, texts

import cbrn_schemas.catalogue.bodies
import cbrn_schemas.catalogue.own.taken
import cbrn_schemas.catalogue.words
from cbrn_routing.proof import cells as proof_cells
from cbrn_routing.proof import check_texts
from cbrn_schemas.catalogue.tables import read_table


@pytest.fixture
def catalogue(monkeypatch):
    """The catalogue with some cells of its tables changed: {table: {code: {column: value}}}."""

    def clear():
        for module in (cbrn_schemas.catalogue.bodies, cbrn_schemas.catalogue.words):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()

    def change(changes):
        def changed(name, *arguments):
            rows = read_table(name, *arguments)
            return [{**row, **changes.get(name, {}).get(row["code"], {})} for row in rows]

        monkeypatch.setattr(cbrn_schemas.catalogue.own.taken, "read_table", changed)
        monkeypatch.setattr(cbrn_schemas.catalogue.words, "read_table", changed)
        clear()

    yield change
    monkeypatch.undo()
    clear()


def routed(finding):
    assert finding["routed"].exit_code == 0, finding["routed"].output
    return json.loads(finding["routed"].stdout)


def bodies_told(decision):
    return {each["body"] for role in ("support", "inform", "partners") for each in decision[role]}


def test_a_gap_is_found_with_an_event_that_nobody_leads(prove):
    """A forgotten severity is the sort of hole that a person reads over."""
    answer, found = prove(texts([rule(when={"severity": ["Extreme", "Severe", "Moderate", "Minor"]})]))
    assert not answer["passed"]
    assert len(found["no-lead"]) == len(proof_cells.kind_hazards())
    decision = routed(found["no-lead"][0])
    assert decision["lead"] is None
    assert found["no-lead"][0]["facets"]["severity"] == "Unknown"


def test_a_gap_behind_a_trait_is_found(prove):
    """The walk goes over traits as well, not only over what the six facets of a cell say."""
    lead = rule(when={"lane": ["incidents", "monitoring"]}, unless={"kind": "lost-source", "traits": "stolen"})
    _, found = prove(texts([lead]))
    assert [finding["facets"]["kind"] for finding in found["no-lead"]] == ["lost-source"]
    assert found["no-lead"][0]["event"]["stolen"] is True
    assert routed(found["no-lead"][0])["lead"] is None


def test_a_gap_in_exercises_is_shown_in_their_realm(prove):
    """The dry run would refuse an exercise among real events, and show nothing."""
    _, found = prove(texts([rule(when={"status": ["Actual", "Test"]})]))
    decision = routed(found["no-lead"][0])
    assert (decision["lead"], decision["realm"]) == (None, "cbrn-exercise")


def test_a_lead_rule_in_the_shadow_of_another_is_found_with_an_event_that_the_other_wins(prove):
    """It would stand in the book and never act."""
    late = rule(id="toxic-fire", when={"kind": "toxic-fire"}, lead="moh")
    _, found = prove(texts([rule(), late]))
    assert found["shadowed"][0]["rules"] == ["toxic-fire", "everything"]
    assert routed(found["shadowed"][0])["lead"]["rule"] == "everything"


@pytest.mark.parametrize(
    "when",
    [
        {"kind": "chemical-spill", "hazard": "nuclear"},
        {"lane": "monitoring", "exposed": "school"},
        {"kind": "gamma-dose-rate", "traits": "river"},
        {"kind": "chemical-spill", "traits": "zoonosis"},
        {"region": "KG-J", "country": "UZ"},
        {"region": "KG-GB", "downstream": "TJ"},
        {"kind": "transport-accident", "traits": "none"},
        {"kind": "toxic-fire", "lane": "monitoring"},
    ],
)
def test_a_rule_that_no_event_can_match_is_found(prove, when):
    """Its author believes that somebody is told."""
    _, found = prove(texts([rule(), addition(when=when)]))
    assert [finding["rules"] for finding in found["unreachable"]] == [["addition"]]


def test_an_exception_that_takes_everything_out_is_found(prove):
    """The rule looks alive and is not."""
    dead = addition(when={"kind": "toxic-fire", "severity": "Severe"}, unless={"hazard": "chemical"})
    _, found = prove(texts([rule(), dead]))
    assert [finding["rules"] for finding in found["unless-takes-all"]] == [["addition"]]


def test_an_exception_that_takes_nothing_out_is_a_warning(prove):
    """Harmless, but its author meant something by it."""
    idle = addition(when={"kind": "toxic-fire"}, unless=[{"severity": "Minor"}, {"hazard": "nuclear"}])
    answer, found = prove(texts([rule(), idle]))
    assert answer["passed"]
    assert [finding["subject"] for finding in found["idle-unless"]] == ["addition, unless 2"]


def test_a_rule_whose_basis_has_expired_is_found_and_nobody_leads_any_more(prove):
    """Without a basis in force a rule does not act: the router leaves it out as well."""
    old = {**MANDATE, "until": "2026-11-22"}
    _, found = prove(texts([rule(basis=["old"])], bases={"old": old}))
    assert found["no-basis"][0]["severity"] == "error"
    decision = routed(found["no-basis"][0])
    assert decision["lead"] is None
    assert bodies_told(decision) == set()


def test_a_basis_that_lapses_within_ninety_days_is_a_warning_while_another_holds(prove):
    """There is time to renew it, and the book still binds."""
    ending = {**MANDATE, "article": "that ends", "until": "2027-01-31"}
    answer, found = prove(texts([rule(basis=["mandate", "ending"])], bases={"ending": ending}))
    assert answer["passed"]
    assert [finding["rules"] for finding in found["basis-lapses"]] == [["everything"]]
    assert answer["days"] == [DAY, "2027-02-01"]


def test_a_rule_that_will_be_left_without_any_basis_is_found_for_the_day_on_which_it_is(prove):
    """The gap that opens then is proved today, with an event of that day."""
    ending = {**MANDATE, "until": "2027-01-31"}
    answer, found = prove(texts([rule(basis=["ending"])], bases={"ending": ending}))
    assert not answer["passed"]
    assert {finding["day"] for code in ("no-basis", "no-lead") for finding in found[code]} == {"2027-02-01"}
    assert routed(found["no-lead"][0])["lead"] is None


def test_what_breaks_a_year_ahead_is_a_warning(prove):
    """A law that ends in a year must not keep today's book from being put into force."""
    ending = {**MANDATE, "until": "2027-12-31"}
    answer, found = prove(texts([rule(basis=["ending"])], bases={"ending": ending}))
    assert answer["passed"]
    assert {finding["severity"] for finding in found["no-lead"]} == {"warning"}


def test_a_rule_written_ahead_of_its_law_is_a_warning(prove):
    """It begins to act when the law does."""
    coming = {**MANDATE, "since": "2027-03-01"}
    answer, found = prove(texts([rule(), addition(basis=["coming"])], bases={"coming": coming}))
    assert answer["passed"]
    assert "mod" not in bodies_told(routed(found["not-yet-in-force"][0]))


def test_a_rule_on_unconfirmed_bases_only_is_a_warning(prove):
    """The matrix marks it as well."""
    doubtful = {**MANDATE, "confidence": "low"}
    answer, found = prove(texts([rule(), addition(basis=["doubtful"])], bases={"doubtful": doubtful}))
    assert answer["passed"]
    assert [finding["rules"] for finding in found["low-confidence"]] == [["addition"]]


def test_an_instrument_that_the_catalogue_does_not_name_is_a_warning(prove):
    """A lawyer cannot look up a code."""
    nameless = {**MANDATE, "instrument": "act-of-nobody"}
    _, found = prove(texts([rule(basis=["nameless"])], bases={"nameless": nameless}))
    assert [finding["subject"] for finding in found["instrument-unknown"]] == ["act-of-nobody"]


def test_a_body_that_no_day_knows_is_found_and_the_dry_run_refuses_the_book_for_it(prove):
    """A slip of the pen would leave a ministry without its alerts."""
    _, found = prove(texts([rule(), addition(inform=["mdo"])]))
    finding = found["body-unknown"][0]
    assert finding["rules"] == ["addition"]
    assert finding["routed"].exit_code == 2
    assert "mdo" in finding["routed"].output


def test_a_body_that_ended_without_successor_is_found_and_is_not_told(prove, catalogue):
    """A record that goes to nobody is an alert that nobody hears."""
    catalogue({"bodies.csv": {"mod": {"valid_to": "2026-11-01"}}})
    _, found = prove(texts([rule(), addition()]))
    assert [finding["subject"] for finding in found["body-ended"]] == ["mod"]
    assert "mod" not in bodies_told(routed(found["body-ended"][0]))


def test_a_body_that_will_end_within_ninety_days_is_found_for_that_day(prove, catalogue):
    """The day is known, so is the gap."""
    catalogue({"bodies.csv": {"mod": {"valid_to": "2027-01-01"}}})
    _, found = prove(texts([rule(), addition()]))
    assert found["body-ends"][0]["severity"] == "warning"
    assert found["body-ended"][0]["day"] == "2027-01-01"
    assert "mod" not in bodies_told(routed(found["body-ended"][0]))


def test_a_body_that_was_split_leaves_two_leads_and_that_is_found(prove):
    """The ministry of education and science became two: neither leads alone."""
    _, found = prove(texts([rule(lead="moes")]))
    assert "moe, mshei" in found["two-leads"][0]["subject"]
    assert found["body-renamed"][0]["severity"] == "warning"
    assert routed(found["two-leads"][0])["lead"]["body"] in {"moe", "mshei"}


def test_a_body_that_receives_nothing_is_found(prove, catalogue):
    """It has no topic to read."""
    catalogue({"bodies.csv": {"mod": {"receives": "no"}}})
    _, found = prove(texts([rule(), addition()]))
    assert [finding["rules"] for finding in found["body-deaf"]] == [["addition"]]
    assert "mod" in bodies_told(routed(found["body-deaf"][0]))


def test_a_region_without_head_is_found_where_a_rule_tells_it(prove, catalogue):
    """`{region}` stands for nobody there, in silence."""
    catalogue({"bodies.csv": {"mayor-osh": {"valid_to": "2026-01-01"}}})
    _, found = prove(texts([rule(), addition(inform=["{region}"])]))
    assert [finding["subject"] for finding in found["symbol-empty"]] == ["{region}: KG-GO"]
    decision = routed(found["symbol-empty"][0])
    assert decision["place"]["region"] == "KG-GO"
    assert bodies_told(decision) == {"moh"}


def test_two_files_that_claim_one_cell_are_found_with_an_event_of_it(prove):
    """The book cannot even be loaded: the check says where it is torn."""
    answer, found = prove(texts([rule()], [rule(id="fires", when={"kind": "toxic-fire"})]))
    assert not answer["passed"]
    finding = found["two-files-lead"][0]
    assert set(finding["rules"]) == {"everything", "fires"}
    assert finding["event"]["kind"] == "toxic-fire"
    assert finding["routed"].exit_code == 2
    assert "everything" in finding["routed"].output


def test_a_title_that_lacks_a_language_is_found(prove):
    """It breaks the language of the rules: every such mistake is told, with file and rule."""
    _, found = prove(texts([rule(title={"ru": "Всё", "en": "Everything"})]))
    assert "ky" in found["language"][0]["subject"]
    assert found["language"][0]["rules"] == ["everything"]


def test_a_title_that_was_only_copied_from_the_english_is_found(prove):
    """Three equal texts pass every test for emptiness."""
    _, found = prove(texts([rule(title={"ky": "Everything", "ru": "Всё подряд", "en": "Everything"})]))
    assert [finding["subject"] for finding in found["text-not-translated"]] == ["rule everything: ky"]


def test_a_word_and_a_name_that_are_missing_are_found(catalogue):
    """An officer must not read codes."""
    catalogue({"words.csv": {"toxic-fire": {"ky": ""}}, "bodies.csv": {"mod": {"ru": "Ministry of Defence"}}})
    report = check_texts(texts([rule()]), date.fromisoformat(DAY))
    assert {(finding.code, finding.subject) for finding in report.errors} == {
        ("text-missing", "word kind/toxic-fire: ky"),
        ("text-missing", "word kind-about/toxic-fire: ky"),
        ("text-not-translated", "body mod: ru"),
    }


def test_a_case_that_the_book_decides_otherwise_is_found(prove):
    """The authors' own examples are part of the proof."""
    example = {"title": "A fire", "facets": {"kind": "toxic-fire"}, "lead": "moh"}
    _, found = prove(texts([rule(cases=[example])]))
    assert found["case-fails"][0]["rules"] == ["everything"]


def test_a_case_written_for_a_law_that_is_to_come_is_a_warning_until_then(prove):
    """The book may be put into force before the law is."""
    coming = {**MANDATE, "since": "2027-03-01"}
    example = {"title": "A fire", "facets": {"kind": "toxic-fire"}, "inform": ["moh", "mod"]}
    ahead = addition(basis=["coming"], cases=[example])
    answer, found = prove(texts([rule(), ahead], bases={"coming": coming}))
    assert answer["passed"]
    assert [finding["severity"] for finding in found["case-fails"]] == ["warning"]
