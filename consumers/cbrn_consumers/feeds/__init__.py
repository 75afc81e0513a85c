"""Documents on their way to readers who know no Kafka: feeds of Atom over HTTP and as files, webhooks to partners."""

__all__: list[str] = []
