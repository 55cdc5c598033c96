"""The intake agent: source records in, canonical change events out."""
