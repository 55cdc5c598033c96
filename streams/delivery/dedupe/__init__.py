"""What is remembered of ended events: marks, the last state of each record, their stores and their restore."""
