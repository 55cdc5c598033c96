"""How many insights a second one worker publishes in the order of their records, its processing put to sleep.

256 calls in flight, a real broker that is started for it, a backlog of events of 1,000 records in three shapes: uniform
keys, Zipf(1.1) keys, and uniform keys beside one record that has 16 % of all events. With calls of 200 ms the ceiling
is 1,280 insights/s; the bars are 0.8 of it, nothing lost, repeated or out of order, and at most a fifth less with the
hot record than with uniform keys. A worker that needs a whole core is bound by the machine and not by the order: the
same shapes with calls of 1 s (ceiling 256/s) show what the order costs when the machine has room.
"""

from benchmarks.order.rounds import run

__all__ = ["run"]
