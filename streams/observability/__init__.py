"""What the product says of itself: logs, metrics and progress. Never an id as a label, never a text."""
