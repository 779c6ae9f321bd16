"""Fact topics: each message is delivered at least once, in commit order, never coalesced."""

import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from backend.outbox.runner import LEASE, SubscriberRunner
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from tests.backend.outbox.recording import Broken, Clock, Recorder, publish_settled, texts

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])

BOTH = frozenset({Topic.PRODUCT, Topic.ORDER_STEP})
FACTS = frozenset({Topic.ORDER_STEP})


def publish_steps(*keys: int) -> None:
    publish_settled(*keys, topic=Topic.ORDER_STEP)


def runner_of(recorder: Recorder, clock: Clock, *, owner: str = "me") -> SubscriberRunner:
    return SubscriberRunner(recorder, owner=owner, clock=clock.now, monotonic=clock.monotonic)


@dataclass
class FailsHalfway(Recorder):
    """Handles notices one by one, and fails once before each key in `fails_at`."""

    fails_at: set[str] = field(default_factory=set)

    def handle(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if notice.key in self.fails_at:
                self.fails_at.remove(notice.key)
                raise Broken(notice.key)
            self.batches.append([notice.key])


def test_messages_with_the_same_key_are_not_coalesced() -> None:
    publish_steps(1, 2, 1)
    recorder = Recorder(topics=FACTS)

    runner_of(recorder, Clock()).step()

    assert recorder.keys == ["1", "2", "1"]


def test_the_quiet_period_delays_state_messages_but_not_facts() -> None:
    clock, recorder = Clock(), Recorder(topics=BOTH, quiet_seconds=10.0)
    runner = runner_of(recorder, clock)
    publish_settled("p")
    publish_steps(1)
    runner.step()
    publish_settled("p")
    publish_steps(1, 2)
    runner.step()

    assert recorder.batches == [["p", "1"], ["1", "2"]]
    clock.seconds = 10.5
    runner.step()
    assert recorder.batches[2:] == [["p"]]


def test_batches_preserve_the_order() -> None:
    publish_steps(*range(7))
    recorder = Recorder(topics=FACTS, batch_size=3)
    runner = runner_of(recorder, Clock())

    while runner.step():
        pass

    assert recorder.batches == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


def test_after_a_failure_in_the_middle_the_whole_batch_is_delivered_again() -> None:
    publish_steps(1, 2, 3)
    subscriber = FailsHalfway(topics=FACTS, fails_at={"2"})
    runner = runner_of(subscriber, Clock())

    with pytest.raises(Broken):
        runner.step()
    publish_steps(4)
    runner.step()

    assert subscriber.keys == ["1", "1", "2", "3", "4"]


def test_with_a_batch_size_of_one_only_the_failed_notice_is_delivered_again() -> None:
    publish_steps(1, 2, 3)
    subscriber = FailsHalfway(topics=FACTS, batch_size=1, fails_at={"2"})
    runner = runner_of(subscriber, Clock())

    runner.step()
    with pytest.raises(Broken):
        runner.step()
    while runner.step():
        pass

    assert subscriber.keys == ["1", "2", "3"]


def test_a_subscriber_at_the_head_does_not_receive_earlier_messages() -> None:
    publish_steps(1, 2)
    recorder = Recorder(topics=FACTS, start=Start.HEAD)
    runner = runner_of(recorder, Clock())
    runner.step()
    publish_steps(3)
    runner.step()

    assert recorder.keys == ["3"]


def test_a_subscriber_at_the_head_receives_messages_published_while_it_was_stopped() -> None:
    clock, recorder = Clock(), Recorder(topics=FACTS, start=Start.HEAD)
    runner = runner_of(recorder, clock)
    runner.step()
    runner.release()
    publish_steps(1)
    runner_of(recorder, clock, owner="later").step()

    assert recorder.keys == ["1"]


class Processes:
    """Processes that run one subscriber, with random failures, kills and lease changes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.clock = Clock()
        self.quiet_seconds = rng.choice([0.0, 5.0])
        self.published = 0
        self.delivered: list[str] = []
        self.running = [self.start()]

    def start(self) -> SubscriberRunner:
        self.subscriber = FailsHalfway(topics=BOTH, quiet_seconds=self.quiet_seconds, batch_size=3)
        return runner_of(self.subscriber, self.clock, owner=f"process-{self.rng.random()}")

    def step(self, runner: SubscriberRunner) -> None:
        subscriber = runner.subscriber
        assert isinstance(subscriber, FailsHalfway)
        subscriber.batches.clear()
        with contextlib.suppress(Broken):
            runner.step()
        self.delivered += [key for key in subscriber.keys if key != "p"]

    def take_random_step(self) -> None:
        steps = [self.publish, self.publish, self.publish_state, self.fail, self.kill, self.wait]
        self.rng.choice([*steps, self.expire, *[self.any_step] * 3])()

    def publish(self) -> None:
        publish_steps(self.published)
        self.published += 1

    def publish_state(self) -> None:
        publish_settled("p")

    def any_step(self) -> None:
        self.step(self.rng.choice(self.running))

    def fail(self) -> None:
        self.subscriber.fails_at.add(str(self.published))

    def kill(self) -> None:
        self.running = [self.running[-1], self.start()]

    def wait(self) -> None:
        self.clock.seconds += 6

    def expire(self) -> None:
        self.clock.seconds += LEASE.total_seconds() + 1

    def finish(self) -> None:
        self.expire()
        last = self.start()
        for _ in range(self.published + 2):
            self.step(last)


def is_in_order(keys: Sequence[str]) -> bool:
    """Return whether first deliveries are in order, and each repetition continues from an earlier key without gaps."""
    numbers = [int(key) for key in keys]
    highest = -1
    for before, number in zip([-1, *numbers], numbers, strict=False):
        if number > highest + 1 or (number > before + 1):
            return False
        highest = max(highest, number)
    return True


@pytest.mark.parametrize("seed", range(12))
def test_every_fact_is_delivered_in_order_through_kills_lease_changes_and_failures(seed: int) -> None:
    processes = Processes(random.Random(seed))
    for _ in range(60):
        processes.take_random_step()
    processes.finish()

    assert set(processes.delivered) == set(texts(range(processes.published)))
    assert is_in_order(processes.delivered), processes.delivered


def test_the_order_check_detects_skipped_and_swapped_keys() -> None:
    assert is_in_order(["0", "1", "0", "1", "2"])
    assert not is_in_order(["0", "2", "1"])
    assert not is_in_order(["0", "1", "2", "0", "2"])
