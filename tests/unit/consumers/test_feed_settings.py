"""What a feed tells Kafka and FastStream, and what it refuses before it starts."""

import pytest
from faststream import AckPolicy

from cbrn_consumers import AlertFeed, NoHandlerError
from cbrn_schemas.errors import UnknownCodeError


def test_every_subscriber_states_manual_acknowledgement():
    """FastStream acknowledges first by default: a failing handler would lose the alert."""
    for lane_feed in (AlertFeed("mes", name="desk"), AlertFeed("moh", name="archive-2")):
        assert lane_feed.broker.subscribers
        for subscriber in lane_feed.broker.subscribers:
            assert subscriber.ack_policy is AckPolicy.MANUAL
            assert subscriber._connection_args["isolation_level"] == "read_committed"
            assert subscriber._connection_args["auto_offset_reset"] == "earliest"
            assert subscriber._connection_args["enable_auto_commit"] is False


def test_group_begins_with_the_bodys_own_prefix():
    """One prefixed rule on `<realm>.to.<body>.` then covers topics and groups."""
    assert AlertFeed("mes", name="desk").group == "cbrn.to.mes.desk"


@pytest.mark.parametrize("name", ["", "a.b", "Ä", "x" * 64, "a/b"])
def test_feed_name_that_could_leave_the_prefix_is_refused(name):
    """A dot in the name would put the group under another rule."""
    with pytest.raises(ValueError, match="feed name"):
        AlertFeed("mes", name=name)


def test_unknown_body_is_refused():
    """A feed of nobody would wait for ever."""
    with pytest.raises(UnknownCodeError):
        AlertFeed("mess", name="desk")


async def test_feed_without_a_handler_does_not_start():
    """Alerts would be acknowledged by nobody."""
    with pytest.raises(NoHandlerError):
        await AlertFeed("mes", name="desk").run()
