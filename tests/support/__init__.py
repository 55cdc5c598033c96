"""What the tests run for real: a Kafka broker, a schema registry, the worker and the LLM simulator as subprocesses."""
