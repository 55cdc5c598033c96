"""The whole way for real: a CRM's PostgreSQL, Debezium, Kafka, the worker, the JDBC sink, and PostgreSQL again."""
