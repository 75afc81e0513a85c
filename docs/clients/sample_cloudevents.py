"""The CloudEvents SDK for Python makes the headers and the value; any Kafka client sends them, here confluent-kafka."""

import os
import uuid
from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import to_binary_event
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Producer

BODY = os.environ.get("CBRN_BODY", "mes")
SITUATION = f"KG-2026-sample-{uuid.uuid4()}"
now = datetime.now(UTC)
event = CloudEvent(
    {
        "id": str(uuid.uuid4()),
        "source": f"/{BODY}",
        "type": "kg.cbrn.incident.chemical-release.v1",
        "specversion": "1.0",
        "time": now,
        "datacontenttype": "application/json",
        "subject": SITUATION,
    },
    {
        "kind": "chemical-release",
        "hazard": "chemical",
        "body": BODY,
        "situation": SITUATION,
        "observed": now.isoformat(),
        "reported": now.isoformat(),
        "where": {"district": "41708203"},
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "substances": [{"name": "chlorine"}],
        "texts": {"ky": {"headline": "Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз"}},
    },
)
# The key is the situation (a station for readings): the SDK's own default is the attribute `partitionkey`.
message = to_binary_event(event, key_mapper=lambda _: SITUATION)
producer = Producer(
    {
        "bootstrap.servers": os.environ.get("CBRN_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
        "security.protocol": os.environ.get("CBRN_SECURITY_PROTOCOL", "SASL_SSL"),
        "ssl.ca.location": os.environ.get("CBRN_CA_FILE", ""),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": os.environ.get("CBRN_USERNAME", ""),
        "sasl.password": os.environ.get("CBRN_PASSWORD", ""),
        "partitioner": "murmur2_random",
        "acks": "all",
        "enable.idempotence": True,
    }
)
producer.produce(f"cbrn.from.{BODY}.incidents", message.value, message.key, headers=list(message.headers.items()))
if producer.flush(30):
    raise SystemExit("not taken within 30 s; send it again under the same id")
