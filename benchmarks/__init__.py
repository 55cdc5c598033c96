"""Measurements that can be repeated: `python -m benchmarks --list`, or `make bench`."""
