"""Names as people type them: one folding for three languages and two alphabets; what resembles one is only offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.catalogue.bodies import bodies, body, body_meant, find_body, names_of_body
from cbrn_schemas.catalogue.places import called, code_of, crossing, district, facility, find_place, region, similar
from cbrn_schemas.catalogue.searching import HAZARDS, body_index, crossing_index, district_index, kind_index, site_index
from cbrn_schemas.catalogue.spelling import did_you_mean, nearest, offer, spelled
from cbrn_schemas.errors import UnknownCodeError


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ozgon", "41706255"),
        ("Озгон", "41706255"),
        ("Ўзген", "41706255"),
        ("узгенский р-н", "41706255"),
        ("Noken", "41703215"),
        ("Ноокен", "41703215"),
        ("NOOKEN", "41703215"),
        ("Naukat", "41706242"),
        ("Чатқал", "41703230"),
        ("Leilek", "41705236"),
        ("ляйляк", "41705236"),
        ("zhumgal", "41704230"),
        ("djumgal", "41704230"),
        ("Жумгалский район", "41704230"),
        ("Жайыл", "41708209"),
        ("Аламедин", "41708203"),
        ("alamudun rayon", "41708203"),
        ("Джети-Огуз", "41702210"),
        ("jeti oguz", "41702210"),
        ("туп", "41702225"),
        ("Tüp", "41702225"),
        ("чон алай", "41706259"),
        ("Chon-Alai", "41706259"),
        ("сулюкта", "41705420"),
        ("sulyukta", "41705420"),
        ("Майли-Сай", "41703430"),
        ("mailusu", "41703430"),
        ("Кара Балта", "kara-balta"),
        ("Пржевальск", "41702410"),
        ("Frunze", "41711"),
        ("Чуйская обл.", "41708"),
        ("кумтор", "F16"),
        ("Кумтөр", "F16"),
        ("Kumtor", "F16"),
        ("f4", "F04"),
        ("Джеруй", "F18"),
        ("жеруй", "F18"),
        ("торугарт", "torugart"),
        ("Иркештам", "irkeshtam"),
        ("эркечтам", "irkeshtam"),
        ("бор добо", "bor-dobo"),
        ("Кен-Булун", "ken-bulun"),
        ("Каинда", "kaiyndy"),
    ],
)
def test_a_place_is_called_so_in_any_language_alphabet_and_spelling(written, code):
    """Nobody at 3 a.m. finds ө on the keyboard, or remembers how a table transliterates it."""
    found = called(written) or find_place(written)
    assert code in {code_of(place) for place in found}
    assert len({code_of(place) for place in found}) <= 3, "too many to choose from"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Комтор", "F16"),
        ("Хайдаркон", "F12"),
        ("Мин-Кюш", "F04"),
        ("Бозумчак", "F21"),
        ("торугард", "torugart"),
        ("Иргештам", "irkeshtam"),
        ("Достык", "dostuk"),
        ("Jumgall", "41704230"),
        ("Bishkeck", "41711"),
        ("Сокулукк", "41708222"),
    ],
)
def test_a_misspelt_place_is_offered_and_never_taken(written, code):
    """A near miss must not become another place."""
    assert called(written) == find_place(written) == ()
    assert code in [code_of(place) for place in similar(written)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("МЧС", "mes"),
        ("мчс кр", "mes"),
        ("ӨКМ", "mes"),
        ("окм", "mes"),
        ("mchs", "mes"),
        ("MES", "mes"),
        ("МЗ", "moh"),
        ("minzdrav", "moh"),
        ("ССМ", "moh"),
        ("Саламаттык сактоо министрлиги", "moh"),
        ("гкнб", "scns"),
        ("УКМК", "scns"),
        ("GKNB", "scns"),
        ("мвд", "mia"),
        ("ИИМ", "mia"),
        ("СЭС", "moh-ses"),
        ("Минприроды", "mnrets"),
        ("ЖРЭТКМ", "mnrets"),
        ("таможня", "customs"),
        ("бажы", "customs"),
        ("gidromet", "mes-hydromet"),
        ("Минсельхоз", "mwrapi"),
        ("академия наук", "nas"),
        ("МАГАТЭ", "iaea"),
        ("magate", "iaea"),
        ("Kytai", "cn"),
        ("тажикстан", "tj"),
    ],
)
def test_a_body_is_called_so_in_any_language_alphabet_and_spelling(written, code):
    """A ministry is its abbreviation to those who work there, in whichever language."""
    assert find_body(written) is body(code)


@pytest.mark.parametrize(
    ("written", "code"),
    [("МЧСС", "mes"), ("Минздравв", "moh"), ("mhe", "moh"), ("mse", "mes"), ("Гидромед", "mes-hydromet")],
)
def test_a_misspelt_body_is_offered_and_never_taken(written, code):
    """A near miss must not send an alert to the wrong ministry."""
    assert find_body(written) is None
    assert code in body_meant(written)


def test_every_name_of_a_body_is_its_own():
    """One that two share would find neither: a folding that is too bold would show here."""
    for each in bodies().values():
        for name in names_of_body(each):
            assert find_body(name) is each, name


@pytest.mark.parametrize(
    ("index", "text", "codes"),
    [
        (site_index, "Кадамжай сурма", ["F13"]),
        (site_index, "пестицид Сузак", ["F23", "F24", "F27", "F28", "F29"]),
        (site_index, "ртутный комбинат", ["F12"]),
        (site_index, "чума", ["F31", "F32", "F33", "F34"]),
        (site_index, "Кемин МЧС", ["F09", "F10"]),
        (site_index, "химиялык Базар-Коргон", ["F26"]),
        (crossing_index, "Китай", ["torugart", "irkeshtam", "bedel"]),
        (crossing_index, "кытай алай", ["irkeshtam"]),
        (crossing_index, "аэропорт", ["manas-airport", "osh-airport"]),
        (district_index, "ozgon", ["41706255"]),
        (district_index, "Баткен", ["41705", "41705214", "41705410", "41705236", "41705258", "41705420", "41705430"]),
        (body_index, "МЧС лесная", ["mes-forest"]),
        (body_index, "сейсмология", ["nas-seism"]),
        (body_index, "112", ["mes-112"]),
    ],
)
def test_several_words_find_by_what_a_thing_belongs_to_as_well(index, text, codes):
    """The site in that district, the crossing to that country, the service of that ministry."""
    found = [thing.code if index is body_index else code_of(thing) for _, thing in index().ranked(text)]
    assert found == codes


def test_every_row_is_found_by_its_code_first():
    """The code is what events carry; it must lead back."""
    for index in (site_index, crossing_index, district_index, body_index):
        for each in index().all:
            code = each.code if index is body_index else code_of(each)
            assert each in [thing for rank, thing in index().ranked(code) if rank == 0]
    assert {letter for site in site_index().all for letter in site.hazards} == set(HAZARDS)


@pytest.mark.parametrize(
    ("look_up", "written", "hint"),
    [
        (body, "mchs", "Did you mean mes?"),
        (district, "Ноокен", "Did you mean 41703215 (Nooken district)?"),
        (district, "41704231", "41704230 (Jumgal district)"),
        (facility, "Кумтор", "Did you mean F16 (Kumtor gold mine, mill and tailings)?"),
        (facility, "F99", "F09 "),
        (crossing, "torugart-pass", "Did you mean torugart (Torugart)?"),
        (region, "Чуй", "Did you mean KG-C (Chüy region)?"),
        (facility, "nothing", "`cbrn sites` lists all."),
        (crossing, "nothing", "`cbrn crossings` lists all."),
        (district, "nothing", "`cbrn districts` lists all."),
        (body, "nobody", "`cbrn bodies` lists all."),
    ],
)
def test_an_unknown_code_says_which_may_be_meant(look_up, written, hint):
    """A program that was given a name for a code tells its author which one."""
    with pytest.raises(UnknownCodeError) as unknown:
        look_up(written)
    assert hint in unknown.value.hint


def test_a_router_pays_nothing_for_a_hint_that_nobody_reads(monkeypatch):
    """Events with unknown codes are routed with a doubt, thousands of them if need be."""
    monkeypatch.setattr("cbrn_schemas.catalogue.places._meant", lambda *_: pytest.fail("asked"))
    with pytest.raises(UnknownCodeError):
        facility("F99")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("chemical-relase", "Did you mean chemical-release?"),
        ("gamma", "Did you mean gamma-dose-rate?"),
        ("DOSE_RATE", "Did you mean gamma-dose-rate?"),
        ("чемикал-релеасе", "Did you mean chemical-release?"),
        ("meteorite", "none"),
        ("", "none"),
    ],
)
def test_one_hint_for_every_closed_list(text, hint):
    """What was slipped, begun or written in other letters; else what the caller says."""
    assert did_you_mean(text, ("chemical-release", "gamma-dose-rate", "found-munition"), "none") == hint


@pytest.mark.parametrize("text", ["x", "щ", "q", "ф", "ыы"])
def test_a_letter_resembles_nothing(text):
    """«с» is a word of a kind's name, so that every letter was like it."""
    assert kind_index().similar(text) == body_index().similar(text) == ()


def test_a_short_text_resembles_what_is_as_short():
    """«хлор» was taken for plant disease, by half the letters of a word of its name."""
    assert kind_index().similar("хлор") == ()
    assert [body_index().similar(slip, 1)[0].code for slip in ("mse", "moch")] == ["mes", "moh"]


def test_several_are_offered_in_one_sentence():
    """At most three: more would not be read."""
    assert offer(["a", "b", "c"]) == "Did you mean a, b or c?"
    assert len(nearest("mo", bodies())) == 3


@given(st.text(max_size=40))
def test_spelling_takes_any_text(text):
    """What a person types never breaks a search."""
    assert spelled(text) == spelled(text.upper().lower()) or not text.isascii()
    assert isinstance(nearest(text, ("mes", "moh")), tuple)


def test_what_is_too_long_for_a_name_is_not_compared(monkeypatch):
    """A router that compared 60 KiB with every name stood still for seven seconds."""

    def compared(*_):
        raise AssertionError("compared")

    known = body_index()
    monkeypatch.setattr("cbrn_schemas.catalogue.spelling._joined", compared)
    assert known.meant("ab cd ef " * 6_000) == ()
