"""Change data capture for real: PostgreSQL, and Kafka Connect with Debezium's connectors for it in both directions."""
