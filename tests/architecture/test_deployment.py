"""The supervisor and docker compose run the same processes with the same limits."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from analytics_pipeline.settings import PipelineSettings
from backend.catalog.images.files import THUMBNAIL_SIZES, name_of
from backend.config.supervision import Listen, groups, web, write_configuration
from backend.config.web.serving import FORM_BYTES, IMAGE_UPLOADS
from tests.backend.config.test_environment import SAFE, settings_with

ROOT = Path(__file__).parent.parent.parent
LISTEN = Listen.of("127.0.0.1", 1)
TEXT = (ROOT / "docker-compose.yml").read_text()
EXTERNAL = {"REDIS_URL": "redis://stream", "CLICKHOUSE_URL": "http://warehouse"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(TEXT)["services"])


def test_compose_runs_every_process_that_the_supervisor_runs(
    tmp_path: Path, services: dict[str, Any]
) -> None:
    shop, *others = groups(
        PipelineSettings.from_env({"VITRINE_HOME": str(tmp_path), **EXTERNAL}), listen=LISTEN
    )
    web_processes = {process.name for process in web(LISTEN)} - {"web"}
    supervised = {process.name for process in shop.processes if not process.once} - web_processes

    assert others == []
    assert supervised <= set(services)


def test_no_secret_has_a_default() -> None:
    secrets = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", TEXT))

    assert {name for name, _ in secrets} >= {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert {rest if rest == ":-" else rest[:2] for _, rest in secrets} <= {"", ":-", ":?"}


def test_ports_of_the_servers_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    ports = [
        port for name, service in services.items() if name != "nginx" for port in service.get("ports", [])
    ]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_supervisor_starts_embedded_services_first(tmp_path: Path) -> None:
    embedded, shop = groups(PipelineSettings(home=tmp_path), listen=LISTEN)

    assert {process.name for process in embedded.processes} == {"valkey", "warehouse"}
    assert "web" in {process.name for process in shop.processes}


def test_only_its_owner_can_read_the_configuration_of_the_supervisor(tmp_path: Path) -> None:
    home = tmp_path / "100% of a shop"
    started = groups(PipelineSettings(home=home), listen=LISTEN)

    path = write_configuration(home, root=ROOT, to_start=started, logs=home / "logs")

    assert path.stat().st_mode & 0o077 == 0
    assert "100%% of a shop" in path.read_text()


def test_the_container_runs_the_web_processes_that_the_supervisor_runs(services: dict[str, Any]) -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    ports = re.findall(r'"--(?:metrics-)?port", "(\d+)"', dockerfile)

    assert '"serve", "--web-only"' in dockerfile
    assert ports == ["8000", "9000"]
    assert "ports" not in services["web"], (
        "the ports are used only by nginx and Prometheus, inside the network"
    )


@pytest.mark.parametrize("workers", [1, 4])
def test_each_web_process_is_supervised_separately(workers: int) -> None:
    processes = web(Listen.of("127.0.0.1", 8000, workers=workers))

    serving = [process for process in processes if process.name.startswith("web")]
    assert len({process.name for process in serving}) == len(serving) == workers
    assert len({tuple(process.command) for process in serving}) == 1, "they share one port"


@pytest.mark.parametrize(("port", "metrics_port"), [(8000, 9000), (64_535, 65_535), (65_000, 64_000)])
def test_the_metrics_port_is_1000_above_or_below_the_web_port(port: int, metrics_port: int) -> None:
    assert Listen.of("127.0.0.1", port).metrics_port == metrics_port
    assert Listen.of("127.0.0.1", port, metrics_port=7_000).metrics_port == 7_000


def test_djangos_deployment_checks_find_nothing_in_production(tmp_path: Path) -> None:
    program = [str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"]
    done = settings_with(tmp_path, program=program, SMS_URL="https://sms.example", **SAFE)

    assert done.returncode == 0, done.stderr


def test_nginx_serves_only_paths_of_images() -> None:
    configuration = (ROOT / "deploy/nginx/default.conf").read_text()
    (pattern,) = re.findall(r"location ~ (\^/media/\S+) {", configuration)
    folder = f"products/12/{'0a' * 16}"

    for size in (None, *THUMBNAIL_SIZES):
        assert re.fullmatch(pattern.removesuffix("$"), f"/media/{name_of(folder, size=size)}")
    for name in ("db.sqlite3", f"{folder}/x.html", f"{folder}/image.webp.html", "products/../x.webp"):
        assert not re.search(pattern, f"/media/{name}")


def test_nginx_accepts_the_uploads_that_the_shop_accepts() -> None:
    configuration = (ROOT / "deploy/nginx/default.conf").read_text()
    (pattern, megabytes) = re.findall(
        r"location ~ (\S*api/products\S+) {\s+client_max_body_size (\d+)m;", configuration
    )[0]

    for path in ("/api/products/7/images/", "/admin/catalog/product/7/add-image/"):
        assert re.search(pattern, path)
        assert IMAGE_UPLOADS.fullmatch(path)
    assert int(megabytes) * 2**20 > settings.IMAGE_MAX_BYTES + FORM_BYTES
