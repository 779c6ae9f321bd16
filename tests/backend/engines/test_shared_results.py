"""Requests that ask the same at once share one run, whose result is never older than allowed."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from backend.engines.errors import EngineBusy, EngineSuspended
from backend.engines.limits import Share
from backend.engines.shared_results import Begins, SharedResults
from tests.backend.together import DEADLINE_SECONDS

SECONDS = 2.0
LONGEST_SECONDS = 5.0


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
    """A run that ends when the test lets it; `begins` says whether it reads, or waits for a slot."""

    entered: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    begins: bool = True
    runs: int = 0

    def read(self, begins: Begins) -> int:
        if self.begins:
            begins()
        self.runs += 1
        self.entered.set()
        assert self.ends.wait(DEADLINE_SECONDS)
        if self.error:
            raise self.error
        return 7


@dataclass
class Waiting:
    """How long requests wait for the run of another; counts those that do."""

    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self) -> float:
        self.begun.release()
        return LONGEST_SECONDS


class Timeout(Exception):
    """The exception that the engine's client raises at its deadline."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def share(clock: Clock) -> Share:
    return Share("warehouse", slots=3, failures=(Timeout,), clock=clock)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def results(share: Share, clock: Clock, waiting: Waiting) -> SharedResults[int]:
    return SharedResults[int](
        share, most=2, waiting=7, longest=waiting, keeps=lambda number: number < 1_000, clock=clock
    )


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


@contextmanager
def joined(
    results: SharedResults[int], compute: Slow, waiting: Waiting, *, more: int
) -> Iterator[list[Future[int]]]:
    """Yield a request that runs, and `more` that wait for it; they end after the block at the latest."""
    with ThreadPoolExecutor(more + 1) as pool:
        try:
            first = pool.submit(results.result, "sales", compute.read, seconds=SECONDS)
            assert compute.entered.wait(DEADLINE_SECONDS)
            others = [
                pool.submit(results.result, "sales", compute.read, seconds=SECONDS) for _ in range(more)
            ]
            for _ in others:
                assert waiting.begun.acquire(timeout=DEADLINE_SECONDS)
            yield [first, *others]
        finally:
            compute.ends.set()


def hang(share: Share, clock: Clock) -> None:
    with share.slot():
        clock.now += 2
        raise Timeout


def test_requests_at_once_share_one_run_also_if_it_takes_longer_than_the_calls_before(
    results: SharedResults[int], share: Share, clock: Clock, waiting: Waiting
) -> None:
    with share.slot():
        clock.now += 0.01
    slow = Slow()
    with joined(results, slow, waiting, more=7) as requests:
        clock.now += 1.5
        assert results.result("other", Shop(2).read, seconds=SECONDS) == 2
        assert not any(request.done() for request in requests)
        slow.ends.set()
        assert [request.result(DEADLINE_SECONDS) for request in requests] == [7] * 8
    assert slow.runs == 1


def test_a_failure_is_raised_in_the_threads_that_wait_and_is_not_kept(
    results: SharedResults[int], waiting: Waiting
) -> None:
    slow = Slow(error=Timeout())
    with joined(results, slow, waiting, more=3) as requests:
        slow.ends.set()
        for request in requests:
            with pytest.raises(Timeout):
                request.result(DEADLINE_SECONDS)
    assert slow.runs == 1
    assert results.result("sales", Shop(3).read, seconds=SECONDS) == 3


def test_a_request_that_joins_a_run_after_its_deadline_is_refused_and_starts_no_copy(
    results: SharedResults[int], clock: Clock, waiting: Waiting
) -> None:
    slow, shop = Slow(begins=False), Shop()
    with joined(results, slow, waiting, more=0) as requests:
        clock.now += LONGEST_SECONDS
        with pytest.raises(EngineBusy) as refused:
            results.result("sales", shop.read, seconds=SECONDS)
        slow.ends.set()
        assert requests[0].result(DEADLINE_SECONDS) == 7
    assert refused.value.details == {"engine": "warehouse"}
    assert shop.reads == 0


def test_a_bounded_number_of_threads_waits_for_a_run(results: SharedResults[int], waiting: Waiting) -> None:
    slow = Slow()
    with joined(results, slow, waiting, more=7) as requests:
        with pytest.raises(EngineBusy):
            results.result("sales", Shop(2).read, seconds=SECONDS)
        slow.ends.set()
        assert [request.result(DEADLINE_SECONDS) for request in requests] == [7] * 8


def test_no_thread_waits_for_the_one_that_probes_a_suspended_engine(
    results: SharedResults[int], share: Share, clock: Clock, waiting: Waiting
) -> None:
    with pytest.raises(Timeout):
        hang(share, clock)
    clock.now += 2
    results.result("kept", Shop(5).read, seconds=SECONDS)
    slow, shop = Slow(), Shop()
    with joined(results, slow, waiting, more=0) as requests:
        with pytest.raises(EngineSuspended):
            results.result("sales", shop.read, seconds=SECONDS)
        assert results.result("kept", shop.read, seconds=SECONDS) == 5
        slow.ends.set()
        assert requests[0].result(DEADLINE_SECONDS) == 7
    assert shop.reads == 0


def test_few_results_are_kept_and_no_large_ones(results: SharedResults[int]) -> None:
    large, shop = Shop(1_000), Shop()
    for _ in range(2):
        results.result("large", large.read, seconds=SECONDS)
    assert large.reads == 2
    for key in ("a", "b", "c", "c", "a"):
        results.result(key, shop.read, seconds=SECONDS)
    assert shop.reads == 4
