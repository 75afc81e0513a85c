"""The language of the rule book and what makes several files one book."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests.builders.golden import ROOT, read_yaml

from cbrn_routing.rulebook import (
    Basis,
    Directory,
    LeadConflictError,
    Matcher,
    RuleBook,
    RuleFileError,
    UnknownRuleError,
    json_schema,
    national_rulebook,
)

RULE = """
rules:
  - id: {id}
    title: {{ky: Эреже бир, ru: Правило, en: A rule}}
    basis:
      - {{instrument: enc, article: article 2, since: 2025-10, source: own, confidence: low}}
    when: {when}
    {effect}
"""


def rule(identifier: str = "one", when: str = "{hazard: chemical}", effect: str = "lead: mes") -> str:
    return RULE.format(id=identifier, when=when, effect=effect)


def refusal(text: str, name: str = "chemical.yaml") -> str:
    with pytest.raises(RuleFileError) as caught:
        RuleBook.from_texts({name: text})
    return str(caught.value)


@pytest.mark.parametrize(
    ("when", "effect", "said"),
    [
        (
            "{kind: chemical-relase}",
            "lead: mes",
            "when.kind.0: «chemical-relase» is not in the vocabulary. Did you mean",
        ),
        ("{hazard: [chemical, chemical]}", "lead: mes", "when.hazard: a value is listed twice"),
        ("{colour: red}", "lead: mes", "when.colour: the language has no such field"),
        ("{}", "lead: mes", "when: an empty condition matches everything and hides gaps. Name at least one facet"),
        ("{hazard: chemical}", "leads: mes", "leads: the language has no such field. Did you mean lead?"),
        ("{hazard: chemical}", "restricted: false", "the rule names nobody. Give lead, support, inform or partners"),
        (
            "{hazard: chemical}",
            "inform: [{region}]",
            'inform.0: YAML reads {region} as a mapping. Put it in quotes: "{re',
        ),
        ("{hazard: chemical}", 'inform: ["{downstream}"]', "are abroad. Name them under partners"),
        ("{hazard: chemical}", 'inform: ["{regon}"]', "inform.0: «{regon}» is neither a body's code nor a symbol"),
        ("{hazard: chemical}", "acknowledge_within: 15", "acknowledge_within: "),
        ("{hazard: chemical}", "acknowledge_within: 15min", "acknowledge_within: "),
    ],
)
def test_a_mistake_is_named_with_file_rule_field_and_remedy(when: str, effect: str, said: str) -> None:
    """A rule's author is a lawyer, not a programmer: the message has to say what to do."""
    message = refusal(rule(when=when, effect=effect))
    assert message.startswith("chemical.yaml: rule «one», ")
    assert said in message


def test_a_missing_title_is_named() -> None:
    """Every text exists in three languages, or the book is not loaded."""
    assert "rule «one», title.ky: field required. Add the field." in refusal(rule().replace("ky: Эреже бир, ", ""))


def test_all_mistakes_of_all_files_come_at_once() -> None:
    """Nobody wants to correct a book one run at a time."""
    bad = rule(when="{kind: nothing}")
    with pytest.raises(RuleFileError) as caught:
        RuleBook.from_texts({"a.yaml": bad, "b.yaml": bad.replace("mes", "9"), "c.yaml": rule("three")})
    assert {problem.file for problem in caught.value.problems} == {"a.yaml", "b.yaml"}
    assert len(caught.value.problems) == 3


def test_broken_yaml_is_named_with_its_line() -> None:
    """The line is what an editor can jump to."""
    assert refusal("rules:\n  - id: one\n   title: x").startswith("chemical.yaml:3:")


def test_a_key_written_twice_is_refused() -> None:
    """YAML keeps the last one in silence, and half a rule would be gone."""
    assert "«lead» is written twice" in refusal(rule(effect="lead: mes\n    lead: moh"))


def bomb() -> str:
    """300 bytes that stand for ten million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 7)]
    return "\n".join((*lines, "rules: [{id: one, support: *a6, lead: *a6}]"))


def basis_with(period: str) -> str:
    return f"bases: {{enc: {{instrument: enc, article: article 2, source: own, confidence: low, {period}}}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deep"),
        ("{a: " * 3_000 + "1" + "}" * 3_000, "nested too deep"),
        (bomb(), "too many values"),
        ("rules: &all [*all]", "a value holds itself"),
        ("? [a, b]\n: 1", "a key must be one word"),
        ("rules: [{id: one, support: [{[]: 1}]}]", "a key must be one word"),
        (basis_with("since: 2025-02-30"), "«2025-02-30» cannot be read"),
        (basis_with("since: '2025-02-30'"), "is no day of the calendar"),
        (basis_with("until: '9999'"), "is no day of the calendar"),
        (basis_with("since: '0000'"), "is no day of the calendar"),
        (f"rules: [{{id: {'9' * 5_000}}}]", "cannot be read"),
        (f"rules: [{{id: 0x{'f' * 50_000}}}]", "cannot be read"),
        ("rules: !!set {a, b}", "rule «number"),
    ],
    ids=[
        "deep", "deep-map", "bomb", "recursive", "list-as-key", "list-as-key-of-a-name", "no-such-day",
        "no-such-day-in-quotes", "after-the-calendar", "year-0", "huge-number", "huge-hexadecimal", "set",
    ],
)  # fmt: skip
def test_a_file_that_was_made_to_explode_is_an_answer(text: str, said: str) -> None:
    """A router proves books from the bus: memory and process must not depend on their authors."""
    assert said in refusal(text)


@pytest.mark.parametrize("text", ["- 1", "rules: 5", "rules: [5]", "text", "bases: []"])
def test_a_file_of_another_form_is_refused(text: str) -> None:
    """Whatever the file holds, its author gets a message and never a traceback."""
    assert refusal(text).startswith("chemical.yaml")


def test_a_basis_may_be_named_and_defined_in_another_file() -> None:
    """A fact with its source stands once."""
    named = rule().replace(
        "      - {instrument: enc, article: article 2, since: 2025-10, source: own, confidence: low}", "      - enc"
    )
    bases = "bases: {enc: {instrument: enc, article: article 2, since: 2025-10, source: own, confidence: low}}"
    book = RuleBook.from_texts({"chemical.yaml": named, "bases.yaml": bases})
    assert book.rules[0].bases[0].instrument == "enc"
    assert book.digest == RuleBook.from_texts({"chemical.yaml": rule()}).digest
    assert "no file defines the basis «enc». Define it under bases in any file" in refusal(named)


def test_an_id_used_twice_is_refused() -> None:
    """Decisions cite rules by id."""
    with pytest.raises(RuleFileError, match="the id is used twice"):
        RuleBook.from_texts({"a.yaml": rule(), "b.yaml": rule(when="{hazard: nuclear}")})


def test_the_digest_ignores_the_order_of_files_names_and_style(tmp_path: Path) -> None:
    """Two persons sign the digest: it has to name what the book says, not how it was typed."""
    one, two = rule("one", "{hazard: chemical, severity: [Severe, Extreme]}"), rule("two", "{hazard: nuclear}")
    restyled = yaml.safe_dump(yaml.safe_load(one), allow_unicode=True, sort_keys=True, default_flow_style=True)
    reordered = one.replace("[Severe, Extreme]", "[Extreme, Severe]")
    books = [
        RuleBook.from_texts({"a.yaml": one, "b.yaml": two}),
        RuleBook.from_texts({"z.yaml": one, "b.yaml": two}),
        RuleBook.from_texts({"a.yaml": restyled, "b.yaml": f"# a remark\n{two}"}),
        RuleBook.from_texts({"a.yaml": reordered, "b.yaml": two}),
    ]
    assert len({book.digest for book in books}) == 1
    assert [each.id for each in books[0].rules] == [each.id for each in books[1].rules]
    paths = [tmp_path / "b.yaml", tmp_path / "a.yaml"]
    for path, text in zip(paths, (one, two), strict=True):
        path.write_text(text, encoding="utf-8")
    assert RuleBook.load(paths).digest == RuleBook.load(tmp_path).digest == books[0].digest


@pytest.mark.parametrize(
    "change",
    [("lead: mes", "lead: moh"), ("chemical", "nuclear"), ("article 2", "article 3"), ("A rule", "Another rule")],
)
def test_the_digest_changes_with_what_the_book_says(change: tuple[str, str]) -> None:
    """A digest that misses a change would let an unsigned book decide."""
    assert RuleBook.from_texts({"a": rule()}).digest != RuleBook.from_texts({"a": rule().replace(*change)}).digest


def test_the_order_of_lead_rules_in_a_file_is_part_of_the_digest() -> None:
    """The first matching lead rule leads, so order is content."""
    first, second = rule("one"), rule("two", effect="lead: moh").replace("rules:\n", "").lstrip("\n")
    swapped = rule("two", effect="lead: moh"), rule("one").replace("rules:\n", "").lstrip("\n")
    assert RuleBook.from_texts({"a": first + second}).digest != RuleBook.from_texts({"a": "".join(swapped)}).digest


def test_two_files_may_not_claim_the_lead_of_one_cell() -> None:
    """Otherwise the order of files would decide who leads."""
    with pytest.raises(LeadConflictError, match=r"«one» and «two» lie in two files"):
        RuleBook.from_texts({"a": rule("one"), "b": rule("two", "{kind: chemical-release}", "lead: moh")})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("{hazard: chemical}", "{hazard: nuclear}"),
        ("{kind: toxic-fire}", "{hazard: nuclear}"),
        ("{deliberate: true}", "{deliberate: [false, unknown]}"),
        ("{downstream: none}", "{downstream: [UZ, any]}"),
        ("{kind: lost-source, traits: stolen}", "{kind: lost-source}\n    unless: {traits: [stolen, waste]}"),
        ("{kind: lost-source, severity: Minor}", "{kind: lost-source}\n    unless: {severity: [Minor, Unknown]}"),
        ("{kind: lost-source, exposed: school}", "{kind: lost-source}\n    unless: {exposed: any}"),
    ],
)
def test_files_whose_cells_never_meet_may_both_lead(one: str, two: str) -> None:
    """The refusal must not stand in the way of books that are right."""
    book = RuleBook.from_texts({"a": rule("one", one), "b": rule("two", two)})
    assert {each.id for each in book.rules} == {"one", "two"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("{traits: stolen}", "{traits: river}"),
        ("{traits: stolen}", "{kind: lost-source}\n    unless: {traits: [river]}"),
        ("{traits: [stolen, waste]}", "{kind: lost-source}\n    unless: {traits: [stolen]}"),
        ("{severity: Minor}", "{kind: lost-source}\n    unless: {severity: Minor, urgency: Future}"),
    ],
)
def test_files_whose_cells_may_meet_are_refused(one: str, two: str) -> None:
    """An exception that covers only a part of the common cells does not part the files."""
    with pytest.raises(LeadConflictError):
        RuleBook.from_texts({"a": rule("one", one), "b": rule("two", two)})


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("lead: mse", "lead: no body has the code «mse». Did you mean mes"),
        ("support: [uz]", "support: «uz» is a foreign body. Name it under partners."),
        ("partners: [mes]", "partners: «mes» is no neighbour or organisation"),
    ],
)
def test_a_rule_names_bodies_that_exist_and_foreign_ones_as_partners_only(effect: str, said: str) -> None:
    """Nothing goes abroad without a person: the language has no way to say otherwise."""
    book = RuleBook.from_texts({"a": rule(effect=effect)})
    with pytest.raises(RuleFileError) as caught:
        Matcher(book)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("since", "until", "on", "holds"),
    [
        ("2025-10", None, date(2025, 9, 30), False),
        ("2025-10", None, date(2025, 10, 1), True),
        (None, "2026", date(2026, 12, 31), True),
        (None, "2026", date(2027, 1, 1), False),
        (None, "2024-02", date(2024, 2, 29), True),
        (None, "2024-02", date(2024, 3, 1), False),
        (None, "2024-12", date(2024, 12, 31), True),
        ("2025-05-12", "2025-05-12", date(2025, 5, 12), True),
        (None, None, date(1990, 1, 1), True),
    ],
)
def test_a_basis_holds_from_its_first_to_its_last_day(
    since: str | None, until: str | None, on: date, *, holds: bool
) -> None:
    """Dates are as precise as their source: a year or a month means all of it."""
    basis = Basis(instrument="enc", article="article 2", since=since, until=until, source="own", confidence="low")
    assert basis.in_force(on) is holds


def test_a_basis_that_ends_before_it_begins_is_refused() -> None:
    """It would silently switch its rules off."""
    assert "until lies before since" in refusal(rule().replace("since: 2025-10", "since: 2025-10, until: 2024"))


def test_a_rule_without_a_basis_in_force_is_not_active() -> None:
    """Who is told what needs a reason in law on that day."""
    book = RuleBook.from_texts({"a": rule()})
    directory = Directory(frozenset({"mes"}))
    from cbrn_routing.rulebook import case_facets  # noqa: PLC0415 - used here only
    from cbrn_routing.rulebook.language import Case  # noqa: PLC0415 - used here only

    facets = case_facets(Case.model_validate({"title": "any", "facets": {"kind": "toxic-fire"}}))
    assert Matcher(book, directory, on=date(2025, 9, 30)).decide(facets).lead is None
    assert Matcher(book, directory, on=date(2025, 10, 1)).decide(facets).lead is not None


def test_an_unknown_rule_is_an_error() -> None:
    """Whoever explains a decision must not be told of a rule that is not in the book."""
    with pytest.raises(UnknownRuleError, match="no rule «nothing»"):
        national_rulebook().rule("nothing")


def test_the_json_schema_accepts_the_national_book_and_refuses_a_mistake() -> None:
    """Editors check rule files against the published schema while they are typed."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    folder = ROOT / "routing" / "rules"
    files = sorted(folder.glob("*.yaml"))
    assert len(files) >= 5
    for path in files:
        data = json.loads(json.dumps(read_yaml(path), default=str))
        validator.validate(data)
    assert not validator.is_valid(yaml.safe_load(rule(when="{kind: chemical-relase}")))
    assert not validator.is_valid(yaml.safe_load(rule(effect="leads: mes")))
