"""The desk's database: what Kafka holds, kept so that a list of thousands is read at once. No page."""
