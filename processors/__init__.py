"""What is done to one event: scrub, fit, ask, check, restore. Knows no Kafka, no Faust and no web."""
