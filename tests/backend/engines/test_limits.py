"""An engine that hangs occupies only its share of the threads, and only until the deadline of one call."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from backend.engines.errors import EngineBusy, EngineSuspended
from backend.engines.limits import _POLL_SECONDS, Share
from tests.backend.together import DEADLINE_SECONDS


class EngineTimeout(Exception):
    """The exception that an engine's client raises at its deadline."""


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def share(clock: Clock) -> Share:
    return Share("warehouse", slots=2, failures=(EngineTimeout,), rest_seconds=2.0, clock=clock)


def call(share: Share, clock: Clock, *, seconds: float = 0.0, fails: bool = False) -> None:
    with share.slot():
        clock.now += seconds
        if fails:
            raise EngineTimeout


def hang(share: Share, clock: Clock) -> None:
    with pytest.raises(EngineTimeout):
        call(share, clock, seconds=2.5, fails=True)


def test_a_full_share_of_a_silent_engine_is_refused_and_names_the_engine(share: Share, clock: Clock) -> None:
    with ExitStack() as hung:
        for _ in range(2):
            hung.enter_context(share.slot())
        clock.now += 0.5

        with pytest.raises(EngineBusy) as refused:
            call(share, clock)

    assert refused.value.details == {"engine": "warehouse"}
    assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)
    call(share, clock)


def test_an_engine_whose_calls_take_long_is_silent_only_after_twice_their_time(
    share: Share, clock: Clock
) -> None:
    call(share, clock, seconds=0.9)
    with ExitStack() as slow, ThreadPoolExecutor(1) as threads:
        first = slow.enter_context(ExitStack())
        first.enter_context(share.slot())
        slow.enter_context(share.slot())
        clock.now += 1.7
        waiting = threads.submit(call, share, clock)
        with pytest.raises(TimeoutError):
            waiting.result(5 * _POLL_SECONDS)
        first.close()
        waiting.result(DEADLINE_SECONDS)


def test_a_request_waits_for_a_full_share_while_the_engine_makes_progress() -> None:
    share = Share("search", slots=1, silent_seconds=DEADLINE_SECONDS, patience_seconds=DEADLINE_SECONDS)
    entered, done = threading.Event(), threading.Event()

    def occupy() -> None:
        with share.slot():
            entered.set()
            done.wait(DEADLINE_SECONDS)

    def wait_for_slot() -> str:
        with share.slot():
            return "served"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(occupy)
        assert entered.wait(DEADLINE_SECONDS)
        second = threads.submit(wait_for_slot)
        assert not second.done()
        done.set()
        assert second.result(DEADLINE_SECONDS) == "served"
        first.result(DEADLINE_SECONDS)


def test_a_slot_is_free_again_after_a_failure(share: Share, clock: Clock) -> None:
    for _ in range(3):
        with pytest.raises(EngineTimeout):
            call(share, clock, fails=True)


def test_an_engine_that_timed_out_is_not_called_for_a_while(share: Share, clock: Clock) -> None:
    hang(share, clock)

    with pytest.raises(EngineSuspended):
        call(share, clock)
    clock.now += 2.0
    call(share, clock)
    call(share, clock)


def test_one_request_at_a_time_probes_a_suspended_engine(share: Share, clock: Clock) -> None:
    hang(share, clock)
    clock.now += 2.0

    with share.slot(), pytest.raises(EngineSuspended):
        call(share, clock)

    call(share, clock)


def test_a_failed_probe_suspends_the_engine_again_even_if_it_failed_fast(share: Share, clock: Clock) -> None:
    hang(share, clock)
    clock.now += 2.0
    with pytest.raises(EngineTimeout):
        call(share, clock, fails=True)

    with pytest.raises(EngineSuspended):
        call(share, clock)


def test_an_engine_that_fails_fast_is_not_suspended(share: Share, clock: Clock) -> None:
    for _ in range(3):
        with pytest.raises(EngineTimeout):
            call(share, clock, seconds=0.1, fails=True)
