"""Who starts and who stops the embedded services."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from analytics_pipeline import embedded
from analytics_pipeline.settings import InvalidSetting, PipelineSettings

USE_AND_LEAVE = """
import sys
from pathlib import Path
from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

settings = PipelineSettings(home=Path(sys.argv[1]))
with embedded.ensure(settings, embedded.VALKEY):
    print(embedded.endpoint(embedded.VALKEY, home=settings.home).pid, flush=True)
    sys.stdin.readline()
"""


def user(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", USE_AND_LEAVE, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def owner(user: "subprocess.Popen[str]") -> int:
    assert user.stdout is not None
    return int(user.stdout.readline())


def leave(user: "subprocess.Popen[str]") -> None:
    user.communicate("\n", timeout=20)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def is_running(home: Path) -> bool:
    return embedded.is_running(embedded.VALKEY, home=home)


def test_the_last_user_stops_what_the_first_one_started(tmp_path: Path) -> None:
    first, second = user(tmp_path), user(tmp_path)
    assert owner(first) == owner(second)
    leave(first)
    assert is_running(tmp_path)
    leave(second)
    assert not is_running(tmp_path)


def test_a_user_that_fails_stops_what_it_started(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), embedded.ensure(PipelineSettings(home=tmp_path), embedded.VALKEY):
        (tmp_path / "missing").read_text()
    assert (tmp_path / "logs" / "valkey.log").stat().st_size > 0
    assert not is_running(tmp_path)


def test_many_starters_at_once_start_one(tmp_path: Path) -> None:
    users = [user(tmp_path) for _ in range(5)]
    assert len({owner(user) for user in users}) == 1
    with ThreadPoolExecutor() as pool:
        list(pool.map(leave, users))
    assert not is_running(tmp_path)


def test_a_service_in_the_foreground_outlives_its_users(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    with foreground(tmp_path) as supervised:
        wait_until(lambda: is_running(tmp_path))
        with embedded.ensure(settings, embedded.VALKEY):
            assert embedded.endpoint(embedded.VALKEY, home=tmp_path).pid == supervised.pid
        assert is_running(tmp_path)
        supervised.terminate()
    assert not is_running(tmp_path)


def foreground(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "analytics_pipeline.valkey"],
        env={**os.environ, "VITRINE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )


def test_a_supervisor_takes_over_what_a_killed_command_left_behind(tmp_path: Path) -> None:
    command = user(tmp_path)
    left_behind = owner(command)
    command.kill()
    command.communicate()
    assert is_running(tmp_path)
    with foreground(tmp_path) as supervised:
        wait_until(lambda: embedded.endpoint(embedded.VALKEY, home=tmp_path).pid == supervised.pid)
        wait_until(lambda: is_running(tmp_path))
        assert supervised.pid != left_behind
        supervised.terminate()


def test_valkey_keeps_what_it_accepted_when_it_is_killed(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.VALKEY):
        with redis.Redis.from_url(embedded.redis_url(settings)) as client:
            client.xadd("events", {"n": "1"})
        pid = embedded.endpoint(embedded.VALKEY, home=tmp_path).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with (
        embedded.ensure(settings, embedded.VALKEY),
        redis.Redis.from_url(embedded.redis_url(settings)) as client,
    ):
        assert client.xlen("events") == 1


def test_a_configured_address_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    settings = PipelineSettings.from_env(
        {"VITRINE_HOME": str(tmp_path), "REDIS_URL": "redis://example:6379/1"}
    )
    with embedded.ensure(settings, embedded.VALKEY):
        assert embedded.redis_url(settings) == "redis://example:6379/1"
    assert list(tmp_path.iterdir()) == []


def test_a_home_of_an_earlier_version_keeps_its_address_and_gets_an_analyst(tmp_path: Path) -> None:
    reserved = embedded.endpoint(embedded.WAREHOUSE, home=tmp_path)
    earlier = {"port": reserved.port, "token": "token", "pid": None, "transient": False}
    (tmp_path / "run" / "warehouse.json").write_text(json.dumps(earlier))
    with embedded.own(embedded.WAREHOUSE, home=tmp_path, arguments=[]) as owned:
        assert (owned.port, owned.token) == (reserved.port, "token")
        assert len(owned.analyst_token) > 20
        assert embedded.endpoint(embedded.WAREHOUSE, home=tmp_path) == owned


@pytest.mark.parametrize(
    ("variable", "value"),
    [("REDIS_URL", "localhost:6379"), ("CLICKHOUSE_URL", "tcp://x"), ("VITRINE_TIME_ZONE", "Mars")],
)
def test_an_unusable_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        PipelineSettings.from_env({variable: value})
