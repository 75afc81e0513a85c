"""Channels tried before a shift: only who got the code can give it back; no channel holds up or betrays another."""

# ruff: noqa: ARG002 - senders take what the protocol gives

import asyncio

import pytest
from tests.builders.rota import MAIL, NUMBER, officers

from cbrn_consumers.rota.channel_tests import ConsoleSender, Tried, message_for, new_code, try_channels
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.officers import CHANNEL_KINDS
from cbrn_schemas.topics import Realm

ONE, TWO, _ = officers().officers


def messages(officer=ONE):
    return lambda: message_for(officer, "mes", Realm.REAL, new_code())


class Answering:
    """Gives the code back."""

    async def test(self, officer, channel, message):
        assert message.code in message.text
        return Tried("answered", None)


class Hanging:
    """Never comes back."""

    async def test(self, officer, channel, message):
        await asyncio.Event().wait()


class Telling:
    """Fails as libraries do, with the address in its words."""

    async def test(self, officer, channel, message):
        raise OSError(f"cannot reach {channel.address}")


async def test_each_channel_has_a_result_of_its_own_and_none_holds_up_another():
    """Forty dead ones delayed a good one by half a minute, elsewhere."""
    senders = {"email": Hanging(), "webhook": Answering()}
    tried = await try_channels(TWO, TWO.channels, senders, messages(TWO), within_s=0.05)
    assert [(channel.name, result) for channel, result in tried] == [
        ("mail", Tried("sent", "timed-out")),
        ("hook", Tried("answered", None)),
    ]


async def test_a_senders_words_are_not_kept():
    """They repeat the number; and a kind that nobody sends by is said."""
    tried = await try_channels(ONE, ONE.channels, {"sms": Telling()}, messages())
    assert [result for _, result in tried] == [Tried("failed", "not-reached"), Tried("failed", "no-sender")]
    assert "996" not in repr(tried)


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        (" 4821 ", Tried("answered", None)),
        ("a 4821", Tried("answered", None)),
        ("4822", Tried("sent", "no-answer")),
        ("", Tried("sent", "no-answer")),
        (None, Tried("failed", "no-sender")),
    ],
)
async def test_at_a_console_only_the_right_code_is_an_answer(given, tried):
    """Whoever sits there cannot have seen it, unless the officer has said it."""
    asked = []

    def ask(officer, channel, message):
        asked.append(f"{officer.title} {channel.name} {message.text}")
        return given

    sender = ConsoleSender(ask)
    result = await sender.test(ONE, ONE.channels[0], message_for(ONE, "mes", Realm.REAL, "4821"))
    assert result == tried
    assert NUMBER not in asked[0]
    assert MAIL not in asked[0]


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize("realm", list(Realm))
def test_a_message_fits_one_sms_and_ends_in_its_code(lang, realm):
    """70 letters for Kyrgyz; a second part may come an hour later."""
    officer = ONE.model_copy(update={"language": lang})
    for code in bodies():
        text = message_for(officer, code, realm, "0042").text
        assert len(text) <= 70
        assert text.endswith("A 0042")
        assert text.startswith(word("mark", "Exercise", lang)) == (realm is Realm.EXERCISE)


def test_codes_are_four_digits():
    """Typed on a telephone at night."""
    assert all(len(code) == 4 and code.isdigit() for code in (new_code() for _ in range(50)))


def test_every_kind_of_channel_can_be_tried_by_hand():
    """A machine without senders must not leave a kind out."""
    assert set(CHANNEL_KINDS) == {"email", "sms", "telegram", "webhook", "apprise", "bell"}
