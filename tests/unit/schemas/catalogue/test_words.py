"""Words in three languages, and the folding of names."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers import partners
from cbrn_consumers.inbox import Change, Protection, SilenceState
from cbrn_consumers.notify.codes import Reply
from cbrn_consumers.partners import State as CopyState
from cbrn_consumers.quarantine import STRANGE
from cbrn_consumers.rota import FindingType, Reach
from cbrn_consumers.standing import State as StandingState
from cbrn_consumers.standing import Stray
from cbrn_routing.decision import Role
from cbrn_routing.duties import State
from cbrn_routing.signing.releases import Unverified
from cbrn_routing.traits import TRAITS
from cbrn_schemas import events
from cbrn_schemas.catalogue.bodies import BodyKind
from cbrn_schemas.catalogue.frameworks import clocks
from cbrn_schemas.catalogue.nuclides import nuclides
from cbrn_schemas.catalogue.tables import Confidence, read_table
from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.catalogue.words import Names, also_called, fold, word, words
from cbrn_schemas.errors import Doubt, Reason
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events.base import (
    Certainty,
    Exposed,
    Hazard,
    Language,
    MessageType,
    Near,
    Severity,
    Status,
    Tlp,
    Urgency,
)
from cbrn_schemas.held_alarm import Ended, Matter
from cbrn_schemas.officers import CHANNEL_KINDS
from cbrn_schemas.partner_release import Withdrawn
from cbrn_schemas.receipt import ACTS
from cbrn_schemas.records import MORE_REFUSED
from cbrn_schemas.shift import OUTCOMES, SEATS, WHYS
from cbrn_schemas.topics import Lane, Realm
from cbrn_schemas.unanswered import Lacking, SilentPart, Step


def _media(event_type):
    field = event_type.model_fields.get("medium")
    return set() if field is None else _literals(field.annotation)


def _literals(annotation):
    arguments = get_args(annotation)
    return {part for part in arguments if isinstance(part, str)}.union(
        *(_literals(part) for part in arguments if not isinstance(part, str))
    )


def _copy_reasons():
    """Every code by which the keeper of partners says why, as it stands in its own source."""
    sources = (path.read_text(encoding="utf-8") for path in Path(partners.__file__).parent.glob("*.py"))
    said = {code for text in sources for code in re.findall(r'(?:Because\(code=|_no\()"([a-z-]+)"', text)}
    ended = {f"is-{state}" for state in CopyState if state is not CopyState.WAITING}
    return (
        said
        | ended
        | {f"nobody-{why}" for why in Unverified}
        | set(get_args(Withdrawn.model_fields["because"].annotation))
    )


NEEDED = {
    "kind": (*EVENT_TYPES, "quarantined", "overdue-duty", "unanswered", "silent", "held-copy"),
    "kind-about": list(EVENT_TYPES),
    "form": ["text", "number", "whole", "truth", "time", "day", "object", "list"],
    "hazard": get_args(Hazard),
    "severity": get_args(Severity),
    "urgency": get_args(Urgency),
    "certainty": get_args(Certainty),
    "status": get_args(Status),
    "message_type": get_args(MessageType),
    "mark": ["Exercise", "Test", "Update", "Cancel"],
    "exposed": (*get_args(Exposed), *get_args(Near)),
    "tlp": get_args(Tlp),
    "role": [role.code for role in Role],
    "doubt": list(Doubt),
    "reason": [*Reason, MORE_REFUSED, STRANGE],
    "remedy": [*Reason, MORE_REFUSED, STRANGE],
    "lane": list(Lane),
    "realm": list(Realm),
    "confidence": list(Confidence),
    "body_kind": list(BodyKind),
    "trait": sorted(TRAITS),
    "duty_state": [*State, "unverified"],  # of a word that does not count; in alarms of former versions a state
    "unverified": list(Unverified),
    "wording": [
        each.name
        for each in clocks().values()
        if each.start_field or each.name in {"icsant/disposal", "icsant/outcome"}
    ],
    "news": list(Change),
    "silence_state": list(SilenceState),
    "protection": list(Protection),
    "act": list(ACTS),
    "short": ["restricted", *(role.code for role in Role)],
    "notice": [
        "answered",
        "tested",
        Reply.USED,
        Reply.UNKNOWN_CODE,
        Reply.NO_CODE,
        Reply.TOO_OFTEN,
        "digest",
        "digest-more",
        "command",
        "since",
        "why",
    ],
    "standing": list(StandingState),
    "stray": list(Stray),
    "seat": list(SEATS),
    "channel": list(CHANNEL_KINDS),
    "outcome": list(OUTCOMES),
    "why": list(WHYS),
    "reach": list(Reach),
    "rota": list(FindingType),
    "weekday": list("1234567"),
    "lacking": get_args(Lacking),
    "step": get_args(Step),
    "held": (*get_args(Matter), *get_args(Ended), "persons"),
    "copy": [
        *CopyState,
        *("partner", "decides", "agreement", "seen", "leaves-at", "lets-through", "withheld", "answers"),
    ],
    "copy-why": sorted(_copy_reasons()),
    "copy-remedy": [code for group, code in words() if group == "copy-remedy" and code in _copy_reasons()],
    "silent": get_args(SilentPart),
    "silent_remedy": get_args(SilentPart),
    "quantity": list(SCALES),
    "medium": sorted({medium for event_type in EVENT_TYPES.values() for medium in _media(event_type)}),
}
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
LATIN = re.compile(r"[a-z]", re.IGNORECASE)
KYRGYZ = re.compile(r"[ңөү]", re.IGNORECASE)


@pytest.mark.parametrize("group", NEEDED)
def test_everything_that_the_bus_can_say_has_three_languages(group):
    """An officer in Naryn reads Kyrgyz, one in Bishkek Russian, a visitor English."""
    nameless = Names("", "", "")
    assert [code for code in map(str, NEEDED[group]) if not all(words().get((group, code), nameless))] == []


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_what_a_kind_is_in_english_is_what_its_model_says(kind):
    """One sentence in two places would drift apart."""
    said = EVENT_TYPES[kind].__doc__.strip().partition("\n\n")[0]
    assert word("kind-about", kind, "en") == " ".join(said.split())


def test_no_label_is_for_a_code_that_does_not_exist():
    """A renamed code would leave its label behind, and the new one bare."""
    stale = {(group, code) for group, code in words() if group in NEEDED and code not in set(NEEDED[group])}
    assert not stale


def test_no_label_is_given_twice():
    """The later row would win in silence."""
    assert len(words()) == len(read_table("words.csv"))


@pytest.mark.parametrize("group", sorted({group for group, _ in words()}))
def test_labels_are_written_in_the_letters_of_their_language(group):
    """A Latin «c» in a Cyrillic word breaks search, and ң ө ү do not belong into Russian."""
    for code, label in ((code, label) for (of, code), label in words().items() if of == group):
        assert not KYRGYZ.search(label.ru), code
        assert not CYRILLIC.search(label.en), code
        for text in (label.ky, label.ru):
            parts = re.findall(r"\w+", text)
            assert not [part for part in parts if CYRILLIC.search(part) and LATIN.search(part)], code
        assert all(text == text.strip() for text in label), code


PARTS = [getattr(events, name) for name in events.__all__]
FIELDS_OF = {name for part in PARTS if hasattr(part, "model_fields") for name in part.model_fields}
CALLED = {
    "field": FIELDS_OF,
    "language": set(get_args(Language)),
    "quantity": set(SCALES),
    "element": {nuclide.partition("-")[0] for nuclide in nuclides()},
}


@pytest.mark.parametrize("group", CALLED)
def test_what_is_called_otherwise_exists_and_is_one_thing(group):
    """A name of a code that is gone would be a remedy that is refused; only a field may be meant by another's name."""
    names = [name for code in also_called(group) for name in also_called(group)[code]]
    assert names
    assert set(also_called(group)) <= CALLED[group]
    assert [name for name in names if name != name.casefold()] == []
    assert group == "field" or len(names) == len({fold(name) for name in names})
    assert {row["group"] for row in read_table("also_called.csv")} == set(CALLED)


def test_a_code_without_a_label_is_shown_as_it_is():
    """A missing translation must never hide an alert."""
    assert word("kind", "meteorite", "ky") == "meteorite"
    assert word("nothing", "lead", "ru") == "lead"


def test_a_name_that_lacks_a_language_is_shown_in_another():
    """Russian first: every officer reads it."""
    assert Names("", "имя", "name").get("ky") == "имя"
    assert Names("", "", "name").get("ru") == "name"
    assert Names("ат", "", "").get("en") == "ат"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Джалал-Абад", "Жалал-Абад"),
        ("ДЖАЛАЛ АБАД", "жалал-абад"),
        ("Ёж", "еж"),
        ("Чүй", "Чуй"),
        ("Көк-Жаңгак", "Кок-Жангак"),
        ("«Кара-Суу»", "Кара Суу"),
        ("Сузак", "Cузак"),
        ("Нарын\N{NO-BREAK SPACE}шаары", "  нарын   шаары "),
        ("Ай", "Аи\N{COMBINING BREVE}"),
    ],
)
def test_two_spellings_of_one_name_fold_together(one, other):
    """Tables, keyboards and hands differ; the place is the same."""
    assert fold(one) == fold(other)


def test_latin_words_keep_their_letters():
    """Only a Latin letter inside a Cyrillic word is a slip."""
    assert fold("CMC-112 Bishkek") == "cmc 112 bishkek"


def test_different_names_stay_different():
    """Manas is the city of Jalal-Abad and also a district of Talas: an alias, not a spelling."""
    assert fold("Манас") != fold("Жалал-Абад")
    assert fold("Ош") != fold("Ос")


@given(st.text(max_size=60))
def test_folding_is_stable(text):
    """Indexes are built from folded names and asked with folded names."""
    assert fold(fold(text)) == fold(text)


def test_one_thing_has_one_name_in_a_list_and_below_it():
    """«Pore pressure» in the list and another word for it in the details would be two things to the one who reads."""
    twice = {code for group, code in words() if group == "reading" and ("field", code) in words()}
    assert twice
    assert [code for code in twice if words()["reading", code] != words()["field", code]] == []
