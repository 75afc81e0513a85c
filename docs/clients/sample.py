"""An agency's client with confluent-kafka, that is librdkafka: its settings are those of C, Go, .NET and Node, too.

`python sample.py` publishes, `python sample.py read` prints what the body is told.
"""

import json
import os
import sys
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Message, Producer

SERVERS = {
    "bootstrap.servers": os.environ.get("CBRN_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
    "security.protocol": os.environ.get("CBRN_SECURITY_PROTOCOL", "SASL_SSL"),
    "ssl.ca.location": os.environ.get("CBRN_CA_FILE", ""),  # the credentials file itself will do
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": os.environ.get("CBRN_USERNAME", ""),
    "sasl.password": os.environ.get("CBRN_PASSWORD", ""),
}
BODY = os.environ.get("CBRN_BODY", "mes")
SITUATION = f"KG-2026-sample-{uuid.uuid4()}"  # one name for all reports about it
PRODUCER = {
    **SERVERS,
    "partitioner": "murmur2_random",  # librdkafka's own default is CRC-32
    "acks": "all",
    "enable.idempotence": True,
}
CONSUMER = {
    **SERVERS,
    "group.id": f"cbrn.to.{BODY}.sample",  # a body's groups begin so
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
}


def event(message_type: str, headline: str, **more: object) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = {
        "kind": "chemical-release",
        "hazard": "chemical",
        "body": BODY,
        "situation": SITUATION,
        "message_type": message_type,
        "observed": now,
        "reported": now,
        "where": {"district": "41708203"},
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "substances": [{"name": "chlorine"}],
        "texts": {"ky": {"headline": headline}},
    }
    return json.dumps(said | more, ensure_ascii=False).encode()


def send(producer: Producer, event_id: str, value: bytes) -> None:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": f"/{BODY}",
        "ce_type": "kg.cbrn.incident.chemical-release.v1",
        "ce_time": json.loads(value)["observed"],
        "content-type": "application/json",
    }
    producer.produce(f"cbrn.from.{BODY}.incidents", value, SITUATION, headers=list(headers.items()), on_delivery=said)
    producer.flush()


def said(error: object, message: Message) -> None:
    if error is not None:
        sys.exit(f"{message.topic()}: not taken: {error}; send it again under the same id")


def publish() -> None:
    producer = Producer(PRODUCER)
    event_id = str(uuid.uuid4())  # made once, and kept with the event
    first = event("Alert", "Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз")
    send(producer, event_id, first)
    send(producer, event_id, first)  # after an answer that never came: the same id and bytes, counted once
    send(producer, str(uuid.uuid4()), event("Update", "Хлордун агып чыгуусу токтоду", references=[event_id]))


def read() -> None:
    consumer = Consumer(CONSUMER)
    consumer.subscribe([f"cbrn.to.{BODY}.alerts"])
    while True:
        alert = consumer.poll(1)
        if alert is None:
            continue
        if alert.error():
            sys.exit(f"{alert.error()}")
        print(alert.headers(), (alert.value() or b"").decode(), flush=True)
        consumer.commit(message=alert)  # only after it has been dealt with


if __name__ == "__main__":
    read() if "read" in sys.argv else publish()
