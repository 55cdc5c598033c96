"""The worker's command on a tether: it ends with the process that started it, however that one has ended.

`python -m streams.demo.tethered_worker worker`. Standard input is a pipe that the demo holds open. A demo that is
killed, or whose terminal is closed, cannot stop its worker; the worker would talk to a broker that is gone, for ever.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from streams.cli import main

STOP_BOUND_S = 20.0
"""How long the worker has for the calls under way once it is told to stop; simulated ones take seconds at most."""


def _end_with_the_starter() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_BOUND_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_starter, name="tether", daemon=True).start()
    sys.exit(main(sys.argv[1:]))
