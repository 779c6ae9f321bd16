"""Requests that ask the same at once share one run, whose result is never older than allowed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from backend.engines.errors import EngineBusy
from backend.engines.limits import Share
from backend.engines.shared_results import Begins, SharedResults
from tests.backend.together import DEADLINE_SECONDS

SECONDS = 2.0


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shop:
    """A number that changes, and how often it was read."""

    number: int = 1
    reads: int = 0

    def read(self, begins: Begins) -> int:
        begins()
        self.reads += 1
        return self.number


@dataclass
class Slow:
    """A run that ends when the test lets it."""

    entered: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    runs: int = 0

    def read(self, begins: Begins) -> int:
        begins()
        self.runs += 1
        self.entered.set()
        assert self.ends.wait(DEADLINE_SECONDS)
        if self.error:
            raise self.error
        return 7


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def share(clock: Clock) -> Share:
    return Share("warehouse", slots=2, clock=clock)


@pytest.fixture
def results(share: Share, clock: Clock) -> SharedResults[int]:
    return SharedResults[int](share, most=2, keeps=lambda number: number < 1_000, clock=clock)


def test_a_result_is_given_again_until_it_is_too_old(results: SharedResults[int], clock: Clock) -> None:
    shop = Shop()
    assert results.result("sales", shop.read, seconds=SECONDS) == 1
    shop.number, clock.now = 2, clock.now + SECONDS - 0.01
    assert results.result("sales", shop.read, seconds=SECONDS) == 1
    clock.now += 0.01
    assert results.result("sales", shop.read, seconds=SECONDS) == 2


def test_the_age_counts_from_the_begin_of_reading_and_not_from_its_end(
    results: SharedResults[int], clock: Clock
) -> None:
    def slowly(begins: Begins) -> int:
        clock.now += 5
        begins()
        clock.now += 1.5
        return 1

    results.result("sales", slowly, seconds=SECONDS)
    assert results.result("sales", Shop(2).read, seconds=SECONDS) == 1
    clock.now += 0.5
    assert results.result("sales", Shop(2).read, seconds=SECONDS) == 2


def test_other_keys_have_results_of_their_own(results: SharedResults[int]) -> None:
    assert results.result(("sales", 1), Shop(1).read, seconds=SECONDS) == 1
    assert results.result(("sales", 2), Shop(2).read, seconds=SECONDS) == 2


def test_without_seconds_every_request_reads(results: SharedResults[int]) -> None:
    shop = Shop()
    for _ in range(2):
        results.result("sales", shop.read, seconds=0)
    assert shop.reads == 2


def _joined(results: SharedResults[int], slow: Slow, *, more: int) -> list[Callable[[], int]]:
    """Return functions that wait for the results of a first request and of `more` that wait for its run."""
    pool = ThreadPoolExecutor(more + 1)
    first = pool.submit(results.result, "sales", slow.read, seconds=SECONDS)
    assert slow.entered.wait(DEADLINE_SECONDS)
    others = [pool.submit(results.result, "sales", slow.read, seconds=SECONDS) for _ in range(more)]
    slow.ends.set()
    pool.shutdown(wait=False)
    return [each.result for each in (first, *others)]


def test_requests_at_once_share_one_run(results: SharedResults[int]) -> None:
    slow = Slow()
    assert [result() for result in _joined(results, slow, more=3)] == [7, 7, 7, 7]
    assert slow.runs == 1


def test_a_failure_is_raised_in_the_threads_that_wait_and_is_not_kept(results: SharedResults[int]) -> None:
    slow = Slow(error=EngineBusy(engine="warehouse"))
    with pytest.raises(EngineBusy):
        _joined(results, slow, more=0)[0]()
    assert results.result("sales", Shop(3).read, seconds=SECONDS) == 3


def test_a_request_that_waits_in_vain_for_a_silent_engine_reads_itself(
    results: SharedResults[int], clock: Clock
) -> None:
    slow = Slow()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(results.result, "sales", slow.read, seconds=SECONDS)
        try:
            assert slow.entered.wait(DEADLINE_SECONDS)
            clock.now += 1
            assert results.result("sales", Shop(2).read, seconds=SECONDS) == 2
        finally:
            slow.ends.set()
        assert first.result(DEADLINE_SECONDS) == 7


def test_few_results_are_kept_and_no_large_ones(results: SharedResults[int]) -> None:
    large, shop = Shop(1_000), Shop()
    for _ in range(2):
        results.result("large", large.read, seconds=SECONDS)
    assert large.reads == 2
    for key in ("a", "b", "c", "c", "a"):
        results.result(key, shop.read, seconds=SECONDS)
    assert shop.reads == 4
