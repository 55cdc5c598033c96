"""What travels: change events, insights, their Avro contracts, and the adapters from each source."""
