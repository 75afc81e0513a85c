"""Where a desk may listen: on this machine, or behind TLS under an address that is said. No Kafka here."""

import pytest

from cbrn_deploy.processes.desk import EXPOSED, LISTEN, origin_of
from cbrn_deploy.processes.listening import ListenError, listener_at


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "10.0.0.5:8490"])
def test_elsewhere_it_wants_tls(listen):
    """Passwords would cross the ministry's network in the clear."""
    with pytest.raises(ListenError) as refused:
        listener_at(listen, LISTEN, exposed=EXPOSED)
    assert "--behind-tls" in refused.value.hint


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://desk.moh.kg", "https://desk.moh.kg"),
        ("https://desk.moh.kg/", "https://desk.moh.kg"),
        ("https://desk.moh.kg:8443", "https://desk.moh.kg:8443"),
    ],
)
def test_the_address_of_browsers_is_an_origin(given, origin):
    assert origin_of(given) == origin


@pytest.mark.parametrize(
    "given",
    ["", "desk.moh.kg", "http://desk.moh.kg", "https://", "https://a@desk.kg", "https://desk.kg/x", "https:///x"],
)
def test_what_is_no_address_behind_tls_is_told(given):
    with pytest.raises(ListenError) as refused:
        origin_of(given)
    assert "https://desk.moh.kg" in refused.value.hint
