"""Each way in which a broker keeps a program out is said by its own name, with where and what to do."""

import pytest
from tests.builders.tls import TestAuthority, broker, listening, says, server_context

from cbrn_routing.bus.diagnosis import diagnose, look_at_topic, user_of
from cbrn_routing.bus.errors import Refusal
from cbrn_schemas.settings import Settings

PASSWORD = "marked-8d1f"  # noqa: S105 - of this test alone


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return TestAuthority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return TestAuthority(tmp_path_factory.mktemp("strangers"), "strangers")


@pytest.fixture(scope="module")
def shown(authority):
    """What a broker in order shows."""
    return authority.issue("broker-1")


def told(address, refusal, **fields):
    """What is said to a program with these settings: the sentence and the remedy."""
    found = diagnose(Settings(bootstrap_servers=address, **fields))
    assert found is not None, "it would be let in"
    assert found.refusal is refusal, found
    assert address in str(found)
    assert found.hint
    assert PASSWORD not in f"{found}{found.hint}{found.__notes__}"
    assert "\n" not in str(found)
    return f"{found} | {found.hint}"


def by_password(authority, **fields):
    return {
        "security_protocol": "SASL_SSL",
        "ca_file": authority.file,
        "username": "mes.gateway",
        "password": PASSWORD,
    } | fields


def by_certificate(authority, own, **fields):
    return {"security_protocol": "SSL", "ca_file": authority.file, "certificate_file": own.file} | fields


def test_whoever_would_be_let_in_hears_nothing(authority, shown):
    with listening(broker(sasl=0), server_context(shown)) as address:
        assert diagnose(Settings(bootstrap_servers=address, **by_password(authority))) is None
    own = authority.issue("mes")
    with listening(broker(), server_context(shown, trusted=authority.file)) as address:
        assert diagnose(Settings(bootstrap_servers=address, **by_certificate(authority, own))) is None
    with listening(broker()) as address:
        assert diagnose(Settings(bootstrap_servers=address)) is None


def test_plain_for_tls_and_tls_for_plain(authority, shown):
    with listening(broker(), server_context(shown)) as address:
        assert "CBRN_SECURITY_PROTOCOL to SASL_SSL" in told(address, Refusal.PLAIN_FOR_TLS)
    with listening(broker()) as address:
        assert "password was not sent" in told(address, Refusal.TLS_FOR_PLAIN, **by_password(authority))
        told(address, Refusal.TLS_FOR_PLAIN, security_protocol="SSL", ca_file=authority.file)


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "a web server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server"),
        (b"220 mail.example.kg ESMTP\r\n", "a mail or file server"),
        (b"hello, who is there?", "another service"),
    ],
)
def test_something_else_listens(authority, shown, words, who):
    """In whichever language it is asked."""
    with listening(says(words)) as address:
        assert who in told(address, Refusal.NO_KAFKA)
        assert who in told(address, Refusal.NO_KAFKA, **by_password(authority))
    with listening(says(words), server_context(shown)) as address:
        assert who in told(address, Refusal.NO_KAFKA, **by_password(authority))


def test_a_broker_of_a_foreign_authority(authority, stranger):
    with listening(broker(), server_context(stranger.issue("broker-1"))) as address:
        said = told(address, Refusal.SERVER_UNTRUSTED, **by_password(authority))
        assert "«strangers»" in said
        assert str(authority.file) in said
        said = told(address, Refusal.SERVER_UNTRUSTED, security_protocol="SSL")
        assert "CBRN_CA_FILE is not set" in said


def test_a_broker_under_another_name(authority):
    with listening(broker(), server_context(authority.issue("broker-1", host="kafka1.example.kg"))) as address:
        assert "kafka1.example.kg" in told(address, Refusal.SERVER_NAME, **by_password(authority))


def test_a_broker_whose_certificate_is_over_or_not_yet_valid(authority):
    with listening(broker(), server_context(authority.issue("broker-1", days=(-30, -3)))) as address:
        assert "3 days ago" in told(address, Refusal.SERVER_EXPIRED, **by_password(authority))
    with listening(broker(), server_context(authority.issue("broker-1", days=(0.02, 3)))) as address:
        said = told(address, Refusal.SERVER_NOT_YET, **by_password(authority))
        assert "0 h 28 min before" in said, said
        assert "Set the clock" in said


def test_versions_of_tls_that_do_not_meet(authority):
    with listening(says(b"\x15\x03\x01\x00\x02\x02\x46")) as address:  # the alert «protocol version»
        told(address, Refusal.TLS_VERSION, **by_password(authority))


def test_a_port_for_certificates_and_none_to_show(authority, shown):
    """In TLS 1.3 the refusal comes after the handshake."""
    with listening(broker(), server_context(shown, trusted=authority.file)) as address:
        told(address, Refusal.CERTIFICATE_WANTED, security_protocol="SSL", ca_file=authority.file)
        assert "another port" in told(address, Refusal.CERTIFICATE_WANTED, **by_password(authority))


def test_a_certificate_that_the_broker_does_not_trust(authority, stranger, shown):
    with listening(broker(), server_context(shown, trusted=authority.file)) as address:
        said = told(address, Refusal.CLIENT_UNTRUSTED, **by_certificate(authority, stranger.issue("mes")))
        assert "«mes», signed by «strangers»" in said


def test_an_own_certificate_that_is_over_or_not_yet_valid(authority, shown):
    with listening(broker(), server_context(shown, trusted=authority.file)) as address:
        own = authority.issue("mes", days=(-9, -3))
        assert "cbrn access rotate" in told(address, Refusal.CLIENT_EXPIRED, **by_certificate(authority, own))
        own = authority.issue("mes", days=(2.5, 3))
        assert "2 days before" in told(address, Refusal.CLIENT_NOT_YET, **by_certificate(authority, own))


def test_a_wrong_password_and_a_wrong_way_to_give_it(authority, shown):
    """A broker does not say which of user and password is wrong."""
    with listening(broker(sasl=0, accepts=False), server_context(shown)) as address:
        assert "user mes.gateway" in told(address, Refusal.PASSWORD, **by_password(authority))
    with listening(broker(sasl=33, mechanisms=("PLAIN",)), server_context(shown)) as address:
        assert "only PLAIN" in told(address, Refusal.MECHANISM, **by_password(authority))


def test_ports_for_passwords_and_for_certificates_taken_for_one_another(authority, shown):
    with listening(broker(sasl=34), server_context(shown)) as address:
        told(address, Refusal.NO_PASSWORD_HERE, **by_password(authority))
    with listening(broker(sasl=0), server_context(shown)) as address:
        told(address, Refusal.PASSWORD_WANTED, **by_certificate(authority, authority.issue("mes")))
    with listening(broker(sasl=0)) as address:
        assert "sends no password so" in told(address, Refusal.PASSWORD_WANTED)


def test_a_cluster_that_does_not_work_yet(authority, shown):
    with listening(broker(sasl=0, controller="no"), server_context(shown)) as address:
        assert "no controller" in told(address, Refusal.NOT_READY, **by_password(authority))
    with listening(broker(sasl=0, brokers=[("127.0.0.1", 1)]), server_context(shown)) as address:
        assert "advertised.listeners" in told(address, Refusal.ELSEWHERE, **by_password(authority))
    with listening(broker(sasl=0, throttled_ms=1500), server_context(shown)) as address:
        assert "1.5 s" in told(address, Refusal.THROTTLED, **by_password(authority))


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\x08", b"\0\0\0\x04\0\0\0\x01", b"\x7f\xff\xff\xff\0\0\0\x01"])
def test_a_stranger_who_answers_nonsense_ends_no_look(answer):
    """It is no reason to fail; the client's own error stands where nothing better is known."""
    with listening(says(answer)) as address:
        found = diagnose(Settings(bootstrap_servers=address))
        assert found is None or found.refusal is Refusal.NO_KAFKA


def test_a_topic_is_asked_for_by_name(authority, shown):
    """Only so does a broker say that it is hidden rather than missing."""
    with listening(broker(sasl=0, topic=29), server_context(shown)) as address:
        found = look_at_topic(Settings(bootstrap_servers=address, **by_password(authority)), "cbrn.bus.duties")
        assert found is not None
        assert found.topic == 29


def test_a_user_is_named_as_the_broker_knows_it(authority):
    assert user_of(Settings(**by_password(authority))) == "user mes.gateway"
    assert user_of(Settings(**by_certificate(authority, authority.issue("moh.feed~2")))) == "user moh.feed~2"
    assert "no name" in user_of(Settings())
