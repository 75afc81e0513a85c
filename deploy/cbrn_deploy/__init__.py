"""The cbrn command, the embedded Kafka and provisioning."""
