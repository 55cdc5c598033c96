"""What a label says: a word such as `password` or `né le`, what may stand between, and the value that follows."""
