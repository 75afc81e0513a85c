"""What is taken for a password: length and not what everybody tries; nothing about digits and signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.desk.accounts import PASSWORD_CHARS_MIN, PasswordError, check_password, new_password
from cbrn_consumers.desk.accounts.people import names_of

NAMES = names_of("b.sultanbekov", "Duty officer Sultanbekov", "moh")


@pytest.mark.parametrize(
    "password",
    [
        "four words of mine",
        "кайрадан төрт сөз менен",
        "correct horse battery",
        "            a few blanks",
        "b9-Xk2!mmQz7",
    ],
)
def test_long_enough_is_good_enough_in_any_script(password):
    check_password(password, NAMES)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "short"),
        ("Aa1!Aa1!", "short"),
        ("x" * 300, "long"),
        ("four words\nof mine", "control"),
        ("four words \x00 mine", "control"),
        ("password2026!", "common"),
        ("PasswordPassword", "common"),
        ("qwertyqwerty12", "common"),
        ("пароль123456", "common"),
        ("123456789012", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("asdfghjklzxcv", "common"),
        ("ъхзщшгнекуцй", "common"),
        ("Кыргызстан2026", "common"),
        ("Sultanbekov2026", "name"),
        ("sultanbekov!!", "name"),
        ("Минздрав-2026", "name"),
    ],
)
def test_what_would_be_guessed_is_refused_and_says_why(password, code):
    with pytest.raises(PasswordError) as error:
        check_password(password, NAMES)
    assert error.value.code == code
    assert error.value.hint


def test_a_name_as_a_small_part_of_a_long_one_is_fine():
    check_password("sultanbekov saw seven white horses", NAMES)


def test_a_password_that_is_given_out_is_one_that_is_taken():
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        check_password(each, NAMES)


@given(st.text(max_size=PASSWORD_CHARS_MIN * 4))
def test_whatever_is_given_is_taken_or_refused_in_words(password):
    said = None
    try:
        check_password(password, NAMES)
    except PasswordError as error:
        said = str(error)
    assert said is None or (said and (len(password) < PASSWORD_CHARS_MIN or password not in said))
