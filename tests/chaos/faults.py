"""What is done to whom and when: schedules as data, drawn from a seed. Nothing here does anything."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SESSION_S = 6.0


class Verb(StrEnum):
    """One thing that can be done to a run."""

    KILL = "kill -9 a worker"
    RESTART = "SIGTERM a worker and start it again"
    PAUSE = "SIGSTOP a worker"
    JOIN = "a worker joins"
    LEAVE = "a worker leaves"
    KILL_BROKER = "kill -9 a broker"
    ROLL_BROKER = "restart a broker, then move leaders back"
    CUT_WORKER = "cut a worker off from brokers"
    STALL_SENDS = "let nothing pass that a worker sends"
    CUT_PEERS = "cut a broker off from its peers"
    NO_REGISTRY = "no registry"
    LLM_503 = "the provider answers 503"
    LLM_HANG = "the provider hangs"
    SLOW_DISK = "slow disk under the state store"


class Fault(StrEnum):
    """What a run is about: a way to draw steps."""

    KILL = "kill"
    RESTART = "sigterm"
    PAUSE = "sigstop"
    BROKER = "broker_kill"
    LEADERS = "leader_moves"
    CUT = "cut_off_worker"
    CUT_LATE = "cut_off_worker_late"
    PEERS = "cut_off_broker"
    REGISTRY = "registry_down"
    PROVIDER = "provider_down"
    SCALE = "join_and_leave"
    SLOW_DISK = "slow_disk"
    MIXED = "mixed"
    CHURN = "churn"
    """Rebalances from the first moment, before anything is committed: where a rewind has nothing to go back to."""

    FRESH = "fresh_partitions"
    """The first calls of every partition hang, so that nothing is committed while workers die and come."""

    STALLED_SENDS = "stalled_sends"
    """Sends of a worker stand still while it could go on committing, and then it dies."""


@dataclass(frozen=True, slots=True)
class Step:
    """At `at_s` after the start of the load, `verb` is done to `target` (worker or broker number; 0: all, or none)."""

    at_s: float
    verb: Verb
    target: int = 0
    for_s: float = 0.0

    def __str__(self) -> str:
        """For people and results: "12.3 s: kill -9 a worker, 2"."""
        lasting = f" for {self.for_s:.1f} s" if self.for_s else ""
        return f"{self.at_s:.1f} s: {self.verb}{f', {self.target}' if self.target else ''}{lasting}"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the faults strike: workers 1 to `workers`, brokers 1 to `brokers`, a load of `load_s` seconds."""

    workers: int
    brokers: int
    load_s: float


def schedule(fault: Fault, seed: int, ground: Ground) -> tuple[Step, ...]:
    """Draw the steps of a run, in the order of time. All begin while the load lasts."""
    rng = random.Random(f"{fault}-{seed}")
    return tuple(sorted(_DRAW[fault](rng, ground), key=lambda step: step.at_s))


def _moments(rng: random.Random, ground: Ground, every_s: float, *, tail_s: float = 2.0) -> Iterator[float]:
    """Moments about `every_s` apart, from a few seconds into the load to `tail_s` before its end; at least one."""
    at_s = rng.uniform(3.0, 6.0)
    yield at_s
    while (at_s := at_s + every_s * rng.uniform(0.7, 1.3)) < ground.load_s - tail_s:
        yield at_s


def _worker(rng: random.Random, ground: Ground) -> int:
    return rng.randint(1, ground.workers)


def _broker(rng: random.Random, ground: Ground) -> int:
    return rng.randint(1, ground.brokers)


def _kill(rng: random.Random, ground: Ground) -> Iterator[Step]:
    for at_s in _moments(rng, ground, 10.0):
        yield Step(at_s, Verb.KILL, _worker(rng, ground))


def _restart(_rng: random.Random, ground: Ground) -> Iterator[Step]:
    for turn, at_s in enumerate(_moments(_rng, ground, 14.0)):
        yield Step(at_s, Verb.RESTART, turn % ground.workers + 1)


def _pause(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """Longer than the session, shorter, about as long, in turn: the first one is the one that must always be there."""
    lengths = ((SESSION_S + 3, SESSION_S + 8), (1.0, 3.0), (SESSION_S - 1, SESSION_S + 1))
    for turn, at_s in enumerate(_moments(rng, ground, 16.0)):
        yield Step(at_s, Verb.PAUSE, _worker(rng, ground), rng.uniform(*lengths[turn % len(lengths)]))


def _broker_kill(rng: random.Random, ground: Ground) -> Iterator[Step]:
    for at_s in _moments(rng, ground, 25.0, tail_s=8.0):
        yield Step(at_s, Verb.KILL_BROKER, _broker(rng, ground), rng.uniform(1.0, 8.0))


def _leaders(rng: random.Random, ground: Ground) -> Iterator[Step]:
    for turn, at_s in enumerate(_moments(rng, ground, 20.0, tail_s=8.0)):
        yield Step(at_s, Verb.ROLL_BROKER, turn % ground.brokers + 1, rng.uniform(1.0, 4.0))


def _cut(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """From one broker or from all, shorter and longer than the session."""
    for turn, at_s in enumerate(_moments(rng, ground, 22.0, tail_s=8.0)):
        target = 0 if turn % 2 else _broker(rng, ground)
        yield Step(at_s, Verb.CUT_WORKER, target, rng.choice((3.0, SESSION_S, 12.0)))


def _peers(rng: random.Random, ground: Ground) -> Iterator[Step]:
    for at_s in _moments(rng, ground, 28.0, tail_s=8.0):
        yield Step(at_s, Verb.CUT_PEERS, _broker(rng, ground), rng.uniform(5.0, 15.0))


def _registry(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """With a restart in the middle: a worker that runs knows every schema already."""
    for at_s in _moments(rng, ground, 30.0, tail_s=10.0):
        for_s = rng.uniform(8.0, 14.0)
        yield Step(at_s, Verb.NO_REGISTRY, 0, for_s)
        yield Step(at_s + for_s / 3, Verb.KILL, _worker(rng, ground))


def _provider(rng: random.Random, ground: Ground) -> Iterator[Step]:
    for turn, at_s in enumerate(_moments(rng, ground, 30.0, tail_s=10.0)):
        yield Step(at_s, Verb.LLM_HANG if turn % 2 else Verb.LLM_503, 0, rng.uniform(5.0, 15.0))


def _scale(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """The first stays; the others leave and join again."""
    away: set[int] = set()
    for at_s in _moments(rng, ground, 9.0):
        number = rng.randint(2, max(2, ground.workers))
        yield Step(at_s, Verb.JOIN if number in away else Verb.LEAVE, number)
        away ^= {number}


def _slow_disk(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """Every other time the worker is killed too, so that it opens and restores its store on the slow disk."""
    for turn, at_s in enumerate(_moments(rng, ground, 18.0, tail_s=8.0)):
        number = _worker(rng, ground)
        yield Step(at_s, Verb.SLOW_DISK, number, rng.uniform(6.0, 12.0))
        if turn % 2 == 0:
            yield Step(at_s + rng.uniform(3.0, 5.0), Verb.KILL, number)


def _away_and_back(rng: random.Random, ground: Ground) -> Iterator[Step]:
    number = _worker(rng, ground)
    yield Step(0.0, Verb.LEAVE, number)
    yield Step(10.0, Verb.JOIN, number)


def _mixed(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """Everything in turn, in an order of chance, so that a run of two minutes has each at least once."""
    several = [_peers, _leaders] if ground.brokers > 1 else []
    workers = [_kill, _restart, _pause, _cut, _slow_disk, _away_and_back]
    kinds = [*workers, _broker_kill, _registry, _provider, *several]
    rng.shuffle(kinds)
    for turn, at_s in enumerate(_moments(rng, ground, 7.5, tail_s=6.0)):
        # A load of no length draws one moment.
        steps = list(kinds[turn % len(kinds)](rng, Ground(ground.workers, ground.brokers, load_s=0.0)))
        for step in steps:
            yield replace(step, at_s=at_s + step.at_s - steps[0].at_s)


def _churn(rng: random.Random, ground: Ground) -> Iterator[Step]:
    at_s = 0.5
    while at_s < ground.load_s - 2.0:
        verb = rng.choice((Verb.KILL, Verb.RESTART, Verb.RESTART))
        yield Step(at_s, verb, _worker(rng, ground))
        at_s += rng.uniform(1.5, 4.0)


def _fresh(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """One worker dies and comes back, which moves partitions about; later the others die, with the first calls in hand.

    Calls that begin in the first seconds hang until their worker gives them up after half a minute, and later ones are
    answered: whoever has not gone back to the beginning of its partitions commits over the first.
    """
    first = _worker(rng, ground)
    yield Step(0.1, Verb.LLM_HANG, 0, 5.0)
    yield Step(rng.uniform(1.0, 2.0), Verb.KILL, first)
    for number in range(1, ground.workers + 1):
        if number != first:
            yield Step(rng.uniform(16.0, 22.0), Verb.KILL, number)


def _stalled_sends(rng: random.Random, ground: Ground) -> Iterator[Step]:
    """Longer than the slowest call, which holds back the offsets behind it."""
    for at_s in _moments(rng, ground, 24.0, tail_s=14.0):
        yield Step(at_s, Verb.STALL_SENDS, 1, 14.0)
        yield Step(at_s + 13.5, Verb.KILL, 1)


_DRAW: Mapping[Fault, Callable[[random.Random, Ground], Iterator[Step]]] = {
    Fault.KILL: _kill,
    Fault.RESTART: _restart,
    Fault.PAUSE: _pause,
    Fault.BROKER: _broker_kill,
    Fault.LEADERS: _leaders,
    Fault.CUT: _cut,
    Fault.CUT_LATE: _cut,
    Fault.PEERS: _peers,
    Fault.REGISTRY: _registry,
    Fault.PROVIDER: _provider,
    Fault.SCALE: _scale,
    Fault.SLOW_DISK: _slow_disk,
    Fault.MIXED: _mixed,
    Fault.CHURN: _churn,
    Fault.FRESH: _fresh,
    Fault.STALLED_SENDS: _stalled_sends,
}
