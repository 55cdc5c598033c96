"""The enrich agent: each change event to its one ending, concurrently and in the order of its record."""
