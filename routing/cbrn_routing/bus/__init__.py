"""How any process talks to Kafka. No domain."""
