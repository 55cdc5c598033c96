"""The chaos suite: real workers on real brokers, seeded faults, and a checker that shares no code with the product.

`make chaos` (`python -m tests.chaos`) runs the whole matrix, `tests/chaos/test_short_form.py` a few short runs for CI.

workload   what is sent, drawn from a seed             world/   brokers, workers and wires that faults act on
faults     what is done to whom and when, from a seed  check/   what is found afterwards, from the topics alone
matrix     the runs, and pace how long they take       run      one run from start to verdict; table prints it
"""
