"""People that nobody has named beforehand: found by what they are called, by what stands around, and by both."""
