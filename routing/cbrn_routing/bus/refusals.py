"""Why a broker does not let a client in, in words: what, where, and what to do. `diagnosis` finds out which it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.bus.errors import NotLetInError, Refusal

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cbrn_schemas.certificate import Certificate

ISSUE = "`cbrn access issue` makes new credentials"


def plain_for_tls(address: str) -> NotLetInError:
    """Say that the settings speak no TLS, and the port does."""
    return NotLetInError(
        Refusal.PLAIN_FOR_TLS,
        f"{address} speaks TLS, and the settings say PLAINTEXT",
        "Set CBRN_SECURITY_PROTOCOL to SASL_SSL with CBRN_USERNAME and CBRN_PASSWORD, or to SSL with "
        "CBRN_CERTIFICATE_FILE, and CBRN_CA_FILE to its authority; a credentials file (CBRN_CREDENTIALS) has them all.",
    )


def tls_for_plain(address: str, *, password: bool) -> NotLetInError:
    """Say that the settings speak TLS, and the port does not."""
    told = "; the password was not sent" if password else ""
    return NotLetInError(
        Refusal.TLS_FOR_PLAIN,
        f"{address} answers without TLS, and the settings say {'SASL_SSL' if password else 'SSL'}{told}",
        "Give the address of its TLS port (CBRN_BOOTSTRAP_SERVERS); only for a broker that is open to everybody set "
        "CBRN_SECURITY_PROTOCOL to PLAINTEXT.",
    )


def foreign(address: str, what: str) -> NotLetInError:
    """Say that something else than Kafka listens."""
    return NotLetInError(
        Refusal.NO_KAFKA,
        f"{address} is no Kafka broker: {what} answers there",
        "Check host and port (CBRN_BOOTSTRAP_SERVERS).",
    )


def tls_version(address: str) -> NotLetInError:
    """Say that both speak TLS, of no common version or cipher."""
    return NotLetInError(
        Refusal.TLS_VERSION,
        f"{address} and this program share no version of TLS",
        "The bus speaks TLS 1.3: the broker needs Kafka 2.6 or later with ssl.enabled.protocols=TLSv1.3, this machine "
        "OpenSSL 1.1.1 or later (python -c 'import ssl; print(ssl.OPENSSL_VERSION)').",
    )


def server_untrusted(address: str, shown: Certificate | None, ca_file: str | None) -> NotLetInError:
    """Say that the authority of the broker's certificate is not trusted here."""
    by = f", signed by «{shown.issuer}»," if shown is not None else ""
    held = f"of {ca_file}" if ca_file else "that this machine trusts, since CBRN_CA_FILE is not set"
    return NotLetInError(
        Refusal.SERVER_UNTRUSTED,
        f"the certificate of {address}{by} is from none of the authorities {held}",
        "Give the authority's certificate (CBRN_CA_FILE, or the credentials file) as the operator of the bus hands it "
        "out. Where it was right yesterday, ask the operator before you trust another: somebody may be in between.",
    )


def server_name(address: str, shown: Certificate | None) -> NotLetInError:
    """Say that the broker's certificate is for another host."""
    names = ", ".join(shown.hosts[:5]) if shown is not None else ""
    return NotLetInError(
        Refusal.SERVER_NAME,
        f"the certificate of {address} is for another host ({names or 'it names none'})",
        "Write one of its names in CBRN_BOOTSTRAP_SERVERS, or have the broker's certificate issued for this one.",
    )


def out_of_time(address: str, shown: Certificate, now: datetime, *, own: bool) -> NotLetInError:
    """Say that a certificate is over, or is not valid yet, and by how much: clocks are wrong more often than dates."""
    whose = f"the certificate of this program («{shown.subject}»)" if own else f"the certificate of {address}"
    at = f" {address} does not let it in." if own else ""
    if shown.starts_after(now):
        return NotLetInError(
            Refusal.CLIENT_NOT_YET if own else Refusal.SERVER_NOT_YET,
            f"{whose} begins at {shown.begins:%Y-%m-%d %H:%M} UTC; this machine's clock says {now:%Y-%m-%d %H:%M} UTC, "
            f"{_span(shown.begins - now)} before.{at}".removesuffix("."),
            "Set the clock of the machine that is wrong (chronyc tracking, timedatectl).",
        )
    remedy = (
        f"Have it rotated (`cbrn access rotate`); {ISSUE}."
        if own
        else "The operator of the broker renews it; nothing on this side can."
    )
    return NotLetInError(
        Refusal.CLIENT_EXPIRED if own else Refusal.SERVER_EXPIRED,
        f"{whose} ended at {shown.ends:%Y-%m-%d %H:%M} UTC, {_span(now - shown.ends)} ago.{at}".removesuffix("."),
        f"{remedy} (If today is not {now:%Y-%m-%d}, set this machine's clock.)",
    )


def server_not_accepted(address: str, why: str) -> NotLetInError:
    """Say what OpenSSL says of the broker's certificate, where it is nothing of the above."""
    return NotLetInError(
        Refusal.SERVER_UNTRUSTED,
        f"the certificate of {address} is not accepted ({why})",
        "The operator of the broker looks after it, and after the certificate of its authority (CBRN_CA_FILE).",
    )


def certificate_wanted(address: str, *, password: bool) -> NotLetInError:
    """Say that the port takes certificates, and none was shown."""
    with_password = "Programs with a password have another port (CBRN_BOOTSTRAP_SERVERS). " if password else ""
    return NotLetInError(
        Refusal.CERTIFICATE_WANTED,
        f"{address} wants a certificate, and this program shows none",
        f"{with_password}Name it (CBRN_CERTIFICATE_FILE, CBRN_SECURITY_PROTOCOL=SSL, or CBRN_CREDENTIALS); {ISSUE}.",
    )


def client_untrusted(address: str, own: Certificate) -> NotLetInError:
    """Say that the broker does not trust the authority of this program's certificate."""
    return NotLetInError(
        Refusal.CLIENT_UNTRUSTED,
        f"{address} does not accept this program's certificate («{own.subject}», signed by «{own.issuer}»)",
        f"Its authority is not the one that this broker trusts, or is no longer. {ISSUE}.",
    )


def password_refused(address: str, user: str) -> NotLetInError:
    """Say that user and password do not belong together; a broker does not say which of them is wrong."""
    return NotLetInError(
        Refusal.PASSWORD,
        f"{address} does not accept {user} with this password",
        "Check CBRN_USERNAME and CBRN_PASSWORD, or the credentials file: the user may be misspelt, its password "
        f"rotated, or its access revoked. {ISSUE}.",
    )


def password_wanted(address: str, *, encrypted: bool) -> NotLetInError:
    """Say that the port takes passwords, and the settings give none; without TLS none is ever sent."""
    if not encrypted:
        return NotLetInError(
            Refusal.PASSWORD_WANTED,
            f"{address} wants a password without TLS, where anybody on the way could read along",
            "The bus sends no password so: give the address of its TLS port (CBRN_BOOTSTRAP_SERVERS) and set "
            "CBRN_SECURITY_PROTOCOL to SASL_SSL.",
        )
    return NotLetInError(
        Refusal.PASSWORD_WANTED,
        f"{address} wants a user and password (SASL), and the settings say SSL",
        "Set CBRN_SECURITY_PROTOCOL to SASL_SSL, with CBRN_USERNAME and CBRN_PASSWORD; programs with a certificate "
        "have another port (CBRN_BOOTSTRAP_SERVERS).",
    )


def no_password_here(address: str) -> NotLetInError:
    """Say that the port takes no passwords."""
    return NotLetInError(
        Refusal.NO_PASSWORD_HERE,
        f"{address} takes no password (it knows no SASL), and the settings say SASL_SSL",
        "Programs with a password have another port (CBRN_BOOTSTRAP_SERVERS); for this one set "
        "CBRN_SECURITY_PROTOCOL to SSL and CBRN_CERTIFICATE_FILE.",
    )


def mechanism(address: str, wanted: str, taken: tuple[str, ...]) -> NotLetInError:
    """Say that the broker takes passwords in another way."""
    return NotLetInError(
        Refusal.MECHANISM,
        f"{address} does not take {wanted}, only {', '.join(taken) or 'nothing that it names'}",
        "The bus signs in with SCRAM-SHA-512: the operator adds it to sasl.enabled.mechanisms of that port.",
    )


def no_controller(address: str) -> NotLetInError:
    """Say that the broker is there and its cluster does not work."""
    return NotLetInError(
        Refusal.NOT_READY,
        f"{address} answers, and its cluster has no controller: it starts, or most of its controllers are away",
        "Wait a minute, then look at the brokers' logs; nothing is lost.",
    )


def elsewhere(address: str, brokers: str) -> NotLetInError:
    """Say that the addresses that the cluster hands out lead nowhere from here."""
    return NotLetInError(
        Refusal.ELSEWHERE,
        f"{address} lets us in and sends us on to {brokers}, where nobody answers from here",
        "The operator sets advertised.listeners to names that this machine can reach; or a firewall lies between.",
    )


def throttled(address: str, user: str, for_ms: int) -> NotLetInError:
    """Say that the broker holds this user back."""
    return NotLetInError(
        Refusal.THROTTLED,
        f"{address} holds {user} back for {for_ms / 1000:.1f} s: it has asked for more than its quota",
        "Send less at once; nothing is lost. What it may: `cbrn access plan`.",
    )


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h {minutes % 60:02} min"
