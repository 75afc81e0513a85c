"""Documents as partners send them, and what holds for these partners."""

import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cbrn_producers.inbound.memory import Memory
from cbrn_producers.inbound.original import Arrived, document_id
from cbrn_producers.inbound.taking import Intake, take
from cbrn_producers.inbound.terms import Terms
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.formats.cap.model import Area, CapAlert, Circle, Info, Pair
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.signature import SigningIdentity, sign
from cbrn_schemas.topics import Realm

NOW = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)
SENT = datetime(2026, 5, 11, 2, 31, tzinfo=UTC)
GAZETTEER = Gazetteer()
TARAZ = Area(desc="Тараз", circles=(Circle(42.9, 71.37, 6.0),))
AMMONIA = (Pair("OET:v1.2", "OET-037"),)


def info(**fields):
    """Make an info block, Russian unless it is said."""
    given = {
        "language": "ru-KZ",
        "categories": ("CBRNE", "Health"),
        "event": "Выброс аммиака",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "event_codes": AMMONIA,
        "headline": "Выброс аммиака в Таразе",
        "description": "На складе вышел аммиак.",
        "areas": (TARAZ,),
    }
    return Info(**given | fields)


def alert(*infos, **fields):
    """Make an alert of Kazakhstan."""
    given = {
        "identifier": "urn:oid:2.49.0.0.398.0.1",
        "sender": "alerts@emer.example",
        "sent": SENT,
        "status": "Actual",
        "msg_type": "Alert",
        "scope": "Public",
    }
    return CapAlert(**given | fields, infos=infos or (info(),))


def arrived(data, *, partner="kz", released_by=None, received=NOW):
    """Make a document that has arrived."""
    return Arrived(partner, data, document_id(data), received, "https://feed.example/1.xml", "", released_by)


def intake(*, partner="kz", realm=Realm.REAL, memory=None, **terms):
    """Make what a mapper knows, on terms with one partner."""
    return Intake(realm, {partner: Terms(partner, **terms)}, memory or Memory(), GAZETTEER)


def taken(document, at=None, *, released_by=None, now=NOW, **terms):
    """Take in a document: the one outcome."""
    data = document if isinstance(document, bytes) else write(document)
    (outcome,) = take(arrived(data, released_by=released_by), at or intake(**terms), now)
    return outcome


def event(document, **terms):
    """Take in a document that becomes an event, and return that as its own data."""
    return json.loads(taken(document, **terms).record.value)


def identity(name="alerts.emer.example", *, begins=NOW - timedelta(days=30), ends=NOW + timedelta(days=60)):
    """Make a key and a certificate of its own: both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret, made.public_bytes(Encoding.PEM)


def signed(document, secret, certificate):
    """Sign a document."""
    data = document if isinstance(document, bytes) else write(document)
    return sign(data, SigningIdentity.from_pem(secret + certificate))
