"""One client is shared by all threads, and a failed call of one thread doesn't affect the others."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from analytics_pipeline.breaker import Breaker
from analytics_pipeline.redis_client import Connection, StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from tests.services.waiting import wait_until


@pytest.fixture
def connection(settings: PipelineSettings) -> Iterator[Connection]:
    connection = Connection(settings, timeout_seconds=10)
    yield connection
    connection.close()


def test_an_error_of_one_thread_leaves_the_connections_of_other_threads_open(
    connection: Connection, redis_url: str
) -> None:
    key = f"test:{uuid4().hex}"

    def fail(client: Any) -> None:
        raise redis.ConnectionError("reset by peer")

    with ThreadPoolExecutor(8) as pool, redis.Redis.from_url(redis_url) as other:
        reading = [pool.submit(connection.call, lambda client: client.blpop(key, timeout=6)) for _ in "1234"]
        wait_until(
            lambda: sum(one["cmd"] == "blpop" for one in other.client_list()) == len(reading),
            what="four threads wait for a response",
        )
        with pytest.raises(StreamUnavailable):
            connection.call(fail)
        other.rpush(key, *"abcd")
        assert sorted(one.result()[1] for one in reading) == [b"a", b"b", b"c", b"d"]


def test_only_the_first_call_to_a_server_that_hangs_waits_for_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        connection = Connection(PipelineSettings(home=Path(), redis_url=url), timeout_seconds=0.5)
        begun = time.monotonic()
        for _ in range(50):
            with pytest.raises(StreamUnavailable):
                connection.call(lambda client: client.ping())
        assert time.monotonic() - begun < 1.5


def test_after_a_timeout_one_call_per_pause_is_allowed_until_one_succeeds() -> None:
    now = [0.0]
    breaker = Breaker(pause_seconds=1, clock=lambda: now[0])
    assert breaker.allows()
    breaker.timed_out()
    assert not breaker.allows()
    now[0] = 1.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    now[0] = 2.0
    assert breaker.allows()
    breaker.succeeded()
    assert [breaker.allows(), breaker.allows()] == [True, True]
