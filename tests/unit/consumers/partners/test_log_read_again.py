"""The keeper reads from its topic what it has itself written: nothing counts twice, nothing old replaces the new."""

from tests.builders.partners import Desk, outbound, write_agreement

from cbrn_consumers.partners.copies import State


async def released_by_one_of_two(folder):
    keeper = Desk(write_agreement(folder / "agreements"))
    await keeper.look(outbound("e-1", restricted=True))
    await keeper.decide("A. Asanova (mfa)", "e-1")
    return keeper


def read_again(keeper):
    """As the topic gives back every record of every step, in order."""
    for step in list(keeper.steps):
        for entry in step.entries:
            keeper.copies.add(entry)


async def test_one_persons_word_never_counts_as_two(tmp_path):
    """What is restricted would leave with the record of the first of two persons."""
    keeper = await released_by_one_of_two(tmp_path)
    read_again(keeper)
    assert (keeper.copy("e-1").persons_missing, keeper.copy("e-1").leaves_at) == (1, None)
    await keeper.look()
    assert keeper.copy("e-1").state is State.WAITING
    await keeper.decide("C. Chynybaev (mes)", "e-1")
    assert [one.by for one in keeper.copy("e-1").end.approvals] == ["A. Asanova (mfa)", "C. Chynybaev (mes)"]


async def test_what_was_weighed_before_does_not_come_back_and_void_what_was_said_since(tmp_path):
    keeper = Desk(write_agreement(tmp_path / "agreements"))
    await keeper.look(outbound("e-1", restricted=True))
    keeper.later(minutes=1)
    write_agreement(tmp_path / "agreements", version=2, place="district")
    await keeper.look()
    await keeper.decide("A. Asanova (mfa)", "e-1")
    digest = keeper.copy("e-1").shown.digest
    read_again(keeper)
    copy = keeper.copy("e-1")
    assert (copy.shown.digest, copy.persons_missing, len(copy.answers)) == (digest, 1, 1)


async def test_a_clock_that_was_set_back_does_not_keep_a_wider_preview_in_force(tmp_path):
    """An agreement that was narrowed since must count, whatever the time says: else the wider place would leave."""
    keeper = await released_by_one_of_two(tmp_path)
    wider = keeper.copy("e-1").shown.digest
    keeper.later(minutes=-5)
    write_agreement(tmp_path / "agreements", version=2, place="district")
    await keeper.look()
    copy = keeper.copy("e-1")
    narrower = copy.shown.digest
    assert (narrower != wider, copy.shown.agreement, copy.persons_missing) == (True, "kz/2", 2)
    read_again(keeper)
    assert (copy.shown.digest, copy.persons_missing) == (narrower, 2)
    assert (await keeper.decide("C. Chynybaev (mes)", "e-1", seen=wider)).outcome == "refused"
