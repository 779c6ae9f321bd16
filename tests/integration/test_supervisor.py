"""The supervisor starts, restarts and stops the processes of a shop."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.schema import migrate
from tests.services.shop import Shop, listens
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

PROCESSES = ["beat", "ingest", "metrics", "relay", "valkey", "warehouse", "web", "worker"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("home"), environ={})
    migrate(shop)
    shop.start()
    yield shop
    if shop.is_served():
        shop.stop()


def running(shop: Shop) -> list[str]:
    return sorted(name for name, (state, _) in shop.processes().items() if state == "RUNNING")


def processes_of(home: Path) -> list[str]:
    """Return the command lines of all processes that use this home."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environ = (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
            if f"VITRINE_HOME={home}".encode() in environ and command:
                found.append(command)
    return found


def test_all_processes_start_and_the_shop_becomes_ready(shop: Shop) -> None:
    wait_until(lambda: running(shop) == PROCESSES, what="all processes run")

    wait_until(
        lambda: shop.get("/api/health/ready/")[1]["data"]["state"] == "ready", what="the shop is ready"
    )


def test_a_killed_process_is_started_again(shop: Shop) -> None:
    for name in ("web", "relay", "ingest", "warehouse", "valkey"):
        # It returns once the process has another id.
        shop.kill(name)

    wait_until(lambda: running(shop) == PROCESSES, what="all processes run")
    wait_until(shop.is_live, what="the web process responds")


def test_a_second_supervisor_is_refused_and_names_the_running_process(shop: Shop) -> None:
    wait_until(lambda: running(shop) == PROCESSES, what="all processes run")

    output = shop.manage("serve", "--port", "0", check=False)

    assert "is being served already" in output
    assert str(shop.pid("valkey")) in output


def test_the_error_for_an_occupied_port_suggests_another_one(shop: Shop) -> None:
    output = shop.manage("serve", "--port", str(shop.port), check=False)

    assert f"can't serve on 127.0.0.1:{shop.port}" in output
    assert f"PORT={shop.port + 1}" in output


def test_a_database_without_its_migrations_is_not_served(tmp_path: Path) -> None:
    shop = Shop(tmp_path, environ={})

    output = shop.manage("serve", check=False)

    assert "migrations are not applied to the database" in output
    assert "manage.py migrate" in output
    assert processes_of(tmp_path) == []


def test_metrics_in_production_are_served_to_any_host_name_but_not_on_the_public_port(
    tmp_path: Path,
) -> None:
    production = {
        "VITRINE_ENVIRONMENT": "production",
        "SECRET_KEY": "hV2qN7xR4mZ9sK1bT6wY3cP8dL5fG0jA-eQ_uXoiE7rM2nB",
        "ALLOWED_HOSTS": "shop.example",
    }
    shop = Shop(tmp_path, environ=production)
    migrate(shop)
    with shop.running_command("serve_metrics", "--port", str(shop.metrics_port)):
        wait_until(lambda: listens(shop.metrics_port), what="the metrics port is open")
        scraped = shop.operators("/metrics", host="web:9000")

    assert "vitrine_dependency_up" in scraped
    public = 'from django.test import Client; print(Client().get("/metrics", HTTP_HOST="shop.example", secure=True))'
    setup = "import django; django.setup(); "
    assert "404" in shop.python("-c", setup + public)


def test_all_processes_stop_when_the_supervisor_is_stopped_or_killed(shop: Shop) -> None:
    # It is the last test of this module, because it stops the shop that all of them use.
    assert len(processes_of(shop.home)) > len(PROCESSES)

    assert shop.stop() == 0
    assert processes_of(shop.home) == []

    shop.start()
    shop.kill_supervisor()
    wait_until(lambda: processes_of(shop.home) == [], what="all processes stopped")
