"""Starting and stopping the embedded services."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from analytics_pipeline import embedded
from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from tests.services.waiting import wait_until

USE_VALKEY = """
import sys
from pathlib import Path
from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

settings = PipelineSettings(home=Path(sys.argv[1]))
with embedded.ensure(settings, embedded.VALKEY):
    print(embedded.endpoint(embedded.VALKEY, home=settings.home).pid, flush=True)
    sys.stdin.readline()
"""


def start_user(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", USE_VALKEY, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def service_pid(user: "subprocess.Popen[str]") -> int:
    assert user.stdout is not None
    return int(user.stdout.readline())


def stop_user(user: "subprocess.Popen[str]") -> None:
    user.communicate("\n", timeout=20)


def is_running(home: Path) -> bool:
    return embedded.is_running(embedded.VALKEY, home=home)


def test_a_service_stops_when_its_last_user_ends(tmp_path: Path) -> None:
    first, second = start_user(tmp_path), start_user(tmp_path)
    assert service_pid(first) == service_pid(second)
    stop_user(first)
    assert is_running(tmp_path)
    stop_user(second)
    assert not is_running(tmp_path)


def test_a_service_stops_when_its_only_user_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), embedded.ensure(PipelineSettings(home=tmp_path), embedded.VALKEY):
        (tmp_path / "missing").read_text()
    assert (tmp_path / "logs" / "valkey.log").stat().st_size > 0
    assert not is_running(tmp_path)


def test_several_users_that_start_at_once_share_one_service(tmp_path: Path) -> None:
    users = [start_user(tmp_path) for _ in range(5)]
    assert len({service_pid(user) for user in users}) == 1
    with ThreadPoolExecutor() as pool:
        list(pool.map(stop_user, users))
    assert not is_running(tmp_path)


def test_a_service_in_the_foreground_keeps_running_after_its_users_ended(tmp_path: Path) -> None:
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


def test_a_service_in_the_foreground_replaces_one_left_by_a_killed_command(tmp_path: Path) -> None:
    command = start_user(tmp_path)
    left_running = service_pid(command)
    command.kill()
    command.communicate()
    assert is_running(tmp_path)
    with foreground(tmp_path) as supervised:
        wait_until(lambda: embedded.endpoint(embedded.VALKEY, home=tmp_path).pid == supervised.pid)
        wait_until(lambda: is_running(tmp_path))
        assert supervised.pid != left_running
        supervised.terminate()


def test_valkey_keeps_accepted_entries_when_it_is_killed(tmp_path: Path) -> None:
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
def test_an_invalid_setting_is_reported_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        PipelineSettings.from_env({variable: value})
