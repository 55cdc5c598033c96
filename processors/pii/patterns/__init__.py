"""What is found by its form: one pass over the text finds candidates, and a recogniser decides about each."""
