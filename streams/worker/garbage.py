"""How often the interpreter looks for garbage in cycles, and among what.

A look at everything stops all events: with Python's own settings and the 10,000 events of a full window it took 0.25 s,
nine times in 12,000 events, a tenth of all the time (measured); and found nothing, because an event leaves no cycles.
"""

from __future__ import annotations

import gc

# Objects more than at the last look, then looks at the young for each at the middle-aged, and of those for each at all.
# Python's first number is 700: an eighth of what the calls in flight hold.
THRESHOLDS = (10_000, 10, 10)


def settle() -> None:
    """Never look again at what there is now, and more seldom at what comes. To be called once a worker is composed.

    Modules, schemas, patterns and clients stay until the end anyway: half of all objects.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
