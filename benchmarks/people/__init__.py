"""How the data of `processors/pii/people` is made: its list of words, and the weights of its scorer."""
