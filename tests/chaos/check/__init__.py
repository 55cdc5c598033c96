"""The checker. It knows Kafka, Avro and the contracts' files, and imports nothing of the product."""
