"""A real Apache Kafka, started by Python: development, tests, the demo, a small installation's only broker.

Clusters run elsewhere (Strimzi, machines of their own), and nothing outside this package knows the difference: it hands
out `bootstrap_servers`, no more.
"""

from cbrn_deploy.kafka.control import Status, broker_folder, status, stop
from cbrn_deploy.kafka.embedded import EmbeddedKafka
from cbrn_deploy.kafka.errors import (
    BrokerControlError,
    BrokerStartError,
    DataFolderInUseError,
    DataFolderMismatchError,
    EmbeddedKafkaError,
    FetchError,
    PortInUseError,
)
from cbrn_deploy.kafka.jars import Progress, ProgressCallback
from cbrn_deploy.kafka.launch import last_port
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.kafka.progress import download_bar

__all__ = [
    "BrokerControlError",
    "BrokerStartError",
    "DataFolderInUseError",
    "DataFolderMismatchError",
    "EmbeddedKafka",
    "EmbeddedKafkaError",
    "FetchError",
    "PortInUseError",
    "Progress",
    "ProgressCallback",
    "Status",
    "broker_folder",
    "download_bar",
    "free_ports",
    "jars",
    "java",
    "last_port",
    "log4j",
    "private_folder",
    "status",
    "stop",
    "training",
]
