"""The line that tells whoever waits for the long form how far it is."""

from __future__ import annotations

from tests.chaos.pace import Pace


def test_the_time_in_all_follows_what_runs_have_really_taken() -> None:
    clock = iter([0.0, 0.0, 150.0, 150.0])
    pace = Pace([100.0, 100.0, 60.0], now=lambda: next(clock))

    assert str(pace) == "0 of 3 done, 0:00:00 of about 0:04:20"
    pace.step()
    assert str(pace) == "1 of 3 done, 0:02:30 of about 0:06:30"
