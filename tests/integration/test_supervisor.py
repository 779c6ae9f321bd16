"""A shop's processes live and die together."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.shop import Shop, listens
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

ALWAYS = ["beat", "ingest", "metrics", "relay", "valkey", "warehouse", "web", "worker"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("home"), environ={})
    shop.manage("migrate", "-v0")
    shop.manage("migrate_warehouse")
    shop.start()
    yield shop
    shop.stop()


def running(shop: Shop) -> list[str]:
    return sorted(name for name, (state, _) in shop.processes().items() if state == "RUNNING")


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that work for this home."""
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


def test_every_process_comes_up_and_stays(shop: Shop) -> None:
    wait_until(lambda: running(shop) == ALWAYS, what="all run")

    wait_until(lambda: shop.get("/api/health/ready/")[1]["data"]["state"] == "ready", what="it is ready")


@pytest.mark.parametrize("name", ["web", "relay", "ingest", "warehouse", "valkey"])
def test_a_killed_process_is_started_again(shop: Shop, name: str) -> None:
    shop.kill(name)

    wait_until(lambda: name in running(shop), what=f"{name} stays up")
    wait_until(shop.is_live, what="the web answers")


def test_a_second_supervisor_is_refused_with_the_way_out(shop: Shop) -> None:
    wait_until(lambda: running(shop) == ALWAYS, what="all run")

    said = shop.manage("serve", "--port", "0", check=False)

    assert "is being served already" in said
    assert str(shop.pid("valkey")) in said


def test_a_taken_port_is_named(shop: Shop) -> None:
    said = shop.manage("serve", "--port", str(shop.port), check=False)

    assert f"can't serve on 127.0.0.1:{shop.port}" in said
    assert f"PORT={shop.port + 1}" in said


def test_nothing_outlives_the_supervisor_however_it_ends(tmp_path: Path) -> None:
    shop = Shop(tmp_path, environ={})
    shop.manage("migrate", "-v0")
    shop.start()
    assert len(processes_of(tmp_path)) > len(ALWAYS)

    assert shop.stop() == 0
    assert processes_of(tmp_path) == []

    shop.start()
    shop.kill_supervisor()
    wait_until(lambda: processes_of(tmp_path) == [], what="all are gone")


def test_a_database_without_its_migrations_is_not_served(tmp_path: Path) -> None:
    shop = Shop(tmp_path, environ={})

    said = shop.manage("serve", check=False)

    assert "migrations are not applied to the database" in said
    assert "manage.py migrate" in said
    assert processes_of(tmp_path) == []


def test_operators_read_metrics_of_a_shop_in_production_by_any_name_and_the_public_none(
    tmp_path: Path,
) -> None:
    production = {
        "VITRINE_ENVIRONMENT": "production",
        "SECRET_KEY": "k9" * 20,
        "ALLOWED_HOSTS": "shop.example",
    }
    shop = Shop(tmp_path, environ=production)
    shop.manage("migrate", "-v0")
    with shop.running_command("serve_metrics", "--port", str(shop.metrics_port)):
        wait_until(lambda: listens(shop.metrics_port), what="the port of the metrics")
        scraped = shop.operators("/metrics", host="web:9000")

    assert "vitrine_dependency_up" in scraped
    public = 'from django.test import Client; print(Client().get("/metrics", HTTP_HOST="shop.example", secure=True))'
    setup = "import django; django.setup(); "
    assert "404" in shop.python("-c", setup + public)
