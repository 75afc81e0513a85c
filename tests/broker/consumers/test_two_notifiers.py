"""Two processes of one body, as happens where a service is started on two machines."""

from datetime import timedelta

from tests.broker.consumers.test_answers import bus  # noqa: F401 - the fixture
from tests.broker.consumers.test_notify import mobile, officer, receipts, telling, until
from tests.builders.notify import MOBILE

from cbrn_producers.simulator import SmsCentre


async def test_a_reply_counts_whichever_process_hears_it(bus, tmp_path):  # noqa: F811 - the fixture
    """The centre delivers a reply over either session."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with (
        SmsCentre() as centre,
        telling(bus.settings, centre, tmp_path / "a", officer("duty-1", mobile())),
        SmsCentre() as other,
        telling(bus.settings, other, tmp_path / "b", officer("duty-1", mobile())),
    ):
        await bus.tell("moh", name="KG-2", within=timedelta(minutes=9))
        await until(lambda: _sent(centre, other), bool)
        (message,) = [*centre.messages, *other.messages]
        silent = other if centre.messages else centre
        await silent.wait_for_session()
        await silent.reply(MOBILE, message.text.rpartition("A ")[2].join(("A ", "")))
        (receipt,) = await until(lambda: receipts(bus.settings), bool)
        assert receipt.situation == "KG-2"


async def _sent(*centres):
    return [each for centre in centres for each in centre.messages]
