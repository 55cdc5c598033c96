"""Many events and a provider that is down for all of them, in virtual time (see conftest)."""

from __future__ import annotations

import asyncio

import pytest

from processors.llm.asking import AskHistory
from processors.llm.breaker import BreakerState
from processors.llm.provider import CompletionFailure, CompletionRequest, FailureKind
from processors.llm.retry_policy import PauseCause, RetryPolicy
from schemas.errors import DependencyFault
from tests.unit.llm.desk import DOWN, QUOTA, Account, Desk, Reading


async def test_an_exhausted_quota_costs_one_request_and_a_probe_now_and_then_for_fifty_events() -> None:
    desk = Desk(Account(lambda _now_s, _text: QUOTA))
    events = desk.events(50)
    await asyncio.sleep(30)
    assert len(desk.account.asked_at_s) == 2
    assert (desk.answered, desk.dead_letters) == ([], [])
    assert all(desk.alarms)
    assert desk.told == [(0.5, PauseCause.QUOTA)]
    assert desk.caller.state.cause is PauseCause.QUOTA
    await asyncio.sleep(600)
    assert len(desk.account.asked_at_s) <= 15
    assert desk.account.most_in_flight == 1
    for event in events:
        event.cancel()
    await asyncio.gather(*events, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_twenty_seconds_of_exhausted_quota_in_the_middle_lose_nothing() -> None:
    desk = Desk(Account(lambda now_s, _: QUOTA if 10 < now_s < 30 else None))
    await asyncio.gather(*desk.events(50))
    await asyncio.sleep(15)
    await asyncio.gather(*desk.events(50))
    assert len(desk.answered) == 100
    assert desk.dead_letters == []
    assert desk.told[-1][1] is None
    # 50 were in flight when it ran out; from then on one at a time.
    assert len([at_s for at_s in desk.account.asked_at_s if 15 < at_s < 30]) <= 52


async def test_forty_seconds_of_nothing_but_503_lose_nothing() -> None:
    desk = Desk(Account(lambda now_s, _: DOWN if 5 < now_s < 45 else None))
    await asyncio.gather(*desk.events(50))
    await asyncio.sleep(6)
    await asyncio.gather(*desk.events(200))
    assert len(desk.answered) == 250
    assert desk.dead_letters == []
    assert [cause for _, cause in desk.told] == [PauseCause.OUTAGE, None]
    assert desk.account.now_s < 45 + 40
    assert not any(desk.alarms)


@pytest.mark.parametrize("latency_s", [0.02, 0.5, 5.0])
async def test_an_outage_in_steady_traffic_dead_letters_nothing_although_most_recent_calls_succeeded(
    latency_s: float,
) -> None:
    desk = Desk(Account(lambda now_s, _: DOWN if 28 < now_s < 68 else None, latency_s=latency_s))
    events = []
    for _ in range(2000):
        events += desk.events(1)
        await asyncio.sleep(0.05)
    await asyncio.gather(*events)
    assert (len(desk.answered), desk.dead_letters) == (2000, [])


async def test_a_provider_that_is_down_from_the_start_is_a_pause_and_no_dead_letter() -> None:
    desk = Desk(Account(lambda now_s, _: DOWN if now_s < 60 else None))
    await asyncio.gather(*desk.events(20))
    assert len(desk.answered) == 20
    assert desk.told[0][1] is PauseCause.OUTAGE
    assert desk.dead_letters == []


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.UNAUTHORISED,
        FailureKind.FORBIDDEN,
        FailureKind.REDIRECTED,
        FailureKind.NOT_FOUND,
        FailureKind.UNSUPPORTED,
        FailureKind.TLS,
    ],
)
async def test_a_wrong_key_url_model_parameter_or_certificate_pauses_with_an_alarm_and_dead_letters_nothing(
    kind: FailureKind,
) -> None:
    desk = Desk(Account(lambda now_s, _: CompletionFailure(kind) if now_s < 100 else None))
    await asyncio.gather(*desk.events(10))
    assert len(desk.answered) == 10
    assert all(desk.alarms)
    assert desk.told[0] == (0.5, PauseCause(kind.value))


async def test_load_that_is_shed_with_a_long_retry_after_costs_its_event_time_and_nobody_else_anything() -> None:
    shed = CompletionFailure(FailureKind.SERVER_ERROR, status=503, retry_after_s=180)
    desk = Desk(Account(lambda now_s, text: shed if text == "shed" and now_s < 600 else None))
    await desk.an_event()
    unlucky = asyncio.create_task(desk.an_event("shed"))
    while desk.account.now_s < 800:
        await desk.an_event()
    await unlucky
    assert (desk.dead_letters, desk.told) == ([], [])
    assert len(desk.answered) > 1500


async def test_an_outage_that_is_announced_is_a_pause_of_that_length_and_no_dead_letter() -> None:
    down = CompletionFailure(FailureKind.SERVER_ERROR, status=503, retry_after_s=180)
    desk = Desk(Account(lambda now_s, _: down if now_s < 170 else None))
    await asyncio.gather(*desk.events(50))
    assert (len(desk.answered), desk.dead_letters) == (50, [])
    assert [cause for _, cause in desk.told] == [PauseCause.OUTAGE, None]
    assert len(desk.account.asked_at_s) <= 52
    assert 180 < desk.account.now_s < 225


async def test_a_retry_after_of_decades_stops_nobody_for_longer_than_a_quarter_of_an_hour() -> None:
    absurd = CompletionFailure(FailureKind.RATE_LIMITED, status=429, retry_after_s=1_764_054_000)
    desk = Desk(Account(lambda now_s, _: absurd if now_s < 1 else None))
    await asyncio.wait(desk.events(5), timeout=900)
    assert len(desk.answered) == 5


async def test_a_server_that_refuses_every_event_and_does_not_say_why_costs_a_few_of_them_and_raises_an_alarm() -> None:
    desk = Desk(
        Account(lambda now_s, _: CompletionFailure(FailureKind.BAD_REQUEST, status=400) if now_s < 600 else None)
    )
    await asyncio.gather(*desk.events(500))
    # Two before it is noticed, then one for each pause, which double: 500 at the first try would be all of them.
    assert len(desk.dead_letters) < 20
    assert len(desk.answered) == 500 - len(desk.dead_letters)
    assert desk.told[0][1] is PauseCause.REFUSED
    assert all(desk.alarms)
    assert desk.told[-1][1] is None


async def test_events_that_are_refused_for_what_they_say_hold_up_nobody_among_others() -> None:
    desk = Desk(Account(lambda _, text: CompletionFailure(FailureKind.BAD_REQUEST) if text == "odd" else None))
    for _ in range(20):
        await desk.an_event("odd")
        await desk.an_event()
    assert (len(desk.answered), desk.dead_letters, desk.told) == (20, ["provider_error"] * 20, [])


async def test_a_row_of_events_that_are_refused_for_what_they_say_ends_by_itself_though_nobody_else_comes() -> None:
    desk = Desk(Account(lambda _, text: CompletionFailure(FailureKind.BAD_REQUEST) if text == "odd" else None))
    for _ in range(4):
        await asyncio.wait_for(desk.an_event("odd"), 120)
    await desk.an_event()
    assert (desk.answered, len(desk.dead_letters)) == (["text"], 4)
    assert desk.told[-1][1] is None


async def test_one_prompt_that_always_fails_is_a_provider_error_and_holds_nobody_up() -> None:
    desk = Desk(Account(lambda _, text: DOWN if text == "poison" else None))
    poison = asyncio.create_task(desk.an_event("poison"))
    for _ in range(200):
        await desk.an_event()
    assert desk.told == []
    assert desk.account.now_s == pytest.approx(200 * 0.5, abs=1)
    await poison
    assert desk.dead_letters == ["provider_error"]


async def test_one_prompt_that_always_fails_without_witnesses_waits_until_there_are_some() -> None:
    desk = Desk(Account(lambda _, text: DOWN if text == "poison" else None))
    poison = asyncio.create_task(desk.an_event("poison"))
    await asyncio.sleep(60)
    assert desk.told[0][1] is PauseCause.OUTAGE
    for _ in range(100):
        await desk.an_event()
    await poison
    assert desk.dead_letters == ["provider_error"]


async def test_one_prompt_that_always_times_out_ends_on_a_quiet_topic_and_holds_nobody_up() -> None:
    # Six attempts of 12 s: the answer of another that ended the pause is no recent call any more.
    timeout = CompletionFailure(FailureKind.TIMEOUT)
    desk = Desk(Account(lambda _, text: timeout if text == "poison" else None, latency_s=12))
    poison = asyncio.create_task(desk.an_event("poison"))
    for _ in range(10):
        await asyncio.sleep(600)
        await asyncio.wait_for(desk.an_event(), 120)
    assert poison.done()
    assert desk.dead_letters == ["provider_error"]


@pytest.mark.parametrize(("prompts", "seconds_between"), [(2, 60), (3, 60), (8, 11), (8, 60)])
async def test_some_prompts_that_always_fail_end_among_few_others_and_hold_nobody_up(
    prompts: int, seconds_between: float
) -> None:
    desk = Desk(Account(lambda _, text: DOWN if text == "poison" else None))
    poison = [asyncio.create_task(desk.an_event("poison")) for _ in range(prompts)]
    for _ in range(30):
        await asyncio.sleep(seconds_between)
        # Each of them may be a probe before it is its turn.
        await asyncio.wait_for(desk.an_event(), 60 + 40 * prompts)
    assert all(one.done() for one in poison)
    assert desk.dead_letters == ["provider_error"] * prompts


async def test_an_outage_that_comes_and_goes_on_a_quiet_topic_dead_letters_nothing() -> None:
    # Up for 3 s of each 33, with answers that take 2.5: what is let through when a probe is answered comes too late.
    desk = Desk(Account(lambda now_s, _: DOWN if now_s % 33 > 3 else None, latency_s=2.5))
    events = []
    for _ in range(150):
        events += desk.events(1)
        await asyncio.sleep(15)
    await asyncio.gather(*events)
    assert (len(desk.answered), desk.dead_letters) == (150, [])


async def test_each_probe_of_a_lone_event_that_fails_calls_for_another_whose_answer_ends_the_pause() -> None:
    desk = Desk(Account(lambda _, text: DOWN if text == "poison" else None))
    poison = asyncio.create_task(desk.an_event("poison"))
    await asyncio.sleep(200)
    assert len(desk.called_for_at_s) > 3
    assert [cause for _, cause in desk.told] == [PauseCause.OUTAGE]
    # What was taken on it has its turn as the next probe but one at the latest, and ends the pause.
    await asyncio.wait_for(desk.an_event(), 80)
    assert desk.told[-1][1] is None
    poison.cancel()
    await asyncio.gather(poison, return_exceptions=True)


async def test_an_outage_on_a_quiet_topic_dead_letters_nothing() -> None:
    desk = Desk(Account(lambda now_s, _: DOWN if 100 < now_s < 1_500 else None))
    events = []
    for _ in range(60):
        events += desk.events(1)
        await asyncio.sleep(60)
    await asyncio.gather(*events)
    assert (len(desk.answered), desk.dead_letters) == (60, [])


async def test_what_was_spent_before_a_pause_is_not_forgotten() -> None:
    desk = Desk(Account(lambda now_s, _: DOWN if now_s < 60 else None))
    history = AskHistory()
    request = CompletionRequest("m", "rules", "text", "reading", Reading.model_json_schema(), 100)
    with pytest.raises(DependencyFault):
        await desk.caller.ask(request, Reading.model_validate_json, history=history)
    sent = history.sent
    await asyncio.sleep(60)
    answered = await desk.caller.ask(request, Reading.model_validate_json, history=history)
    assert answered.attempts == sent + 1 > 1


async def test_before_the_first_answer_a_slow_call_holds_others_up_for_seconds_only() -> None:
    desk = Desk(Account(lambda _now_s, _text: None, latency_s=20))
    await asyncio.gather(*desk.events(30))
    assert desk.account.asked_at_s[:4] == pytest.approx([0, 2, 4, 6])
    assert desk.account.now_s == pytest.approx(40)


async def test_after_a_pause_attempts_start_anew() -> None:
    failures: list[float] = []

    def rule(now_s: float, text: str) -> Exception | None:
        if 5 < now_s < 20:
            return QUOTA
        if text == "unlucky" and now_s < 23:
            failures.append(now_s)
            return DOWN
        return None

    desk = Desk(Account(rule), RetryPolicy(max_attempts=5))
    await desk.an_event()
    unlucky = asyncio.create_task(desk.an_event("unlucky"))
    for _ in range(80):
        await desk.an_event()
    await unlucky
    # As many failures as there are attempts, among witnesses that succeed; but a pause lay between them.
    assert (len([at_s for at_s in failures if at_s < 5]), len(failures)) == (4, 5)
    assert desk.dead_letters == []


async def test_a_cancelled_probe_leaves_the_way_to_the_next() -> None:
    desk = Desk(Account(lambda now_s, _: QUOTA if now_s < 10 else None, latency_s=5))
    (waiter,) = desk.events(1)
    await asyncio.sleep(6)
    (prober,) = desk.events(1)
    await asyncio.sleep(18)
    assert (desk.caller.state.breaker, desk.account.in_flight) == (BreakerState.HALF_OPEN, 1)
    prober.cancel()
    await asyncio.gather(prober, return_exceptions=True)
    assert desk.account.asked_at_s[-1] == pytest.approx(24)
    await waiter
    assert desk.answered == ["text"]
    assert desk.account.now_s == pytest.approx(24 + 5)


async def test_the_state_says_who_is_down_why_and_how_many_wait() -> None:
    desk = Desk(Account(lambda _now_s, _text: QUOTA))
    events = desk.events(3)
    await asyncio.sleep(1)
    state = desk.caller.state
    assert (state.provider, state.breaker, state.cause) == ("account", BreakerState.OPEN, PauseCause.QUOTA)
    assert state.waiting == 2
    for event in events:
        event.cancel()
    await asyncio.gather(*events, return_exceptions=True)
