"""All settings are documented and reach the processes that read them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from celery import current_app

from backend.config.celery import app
from backend.config.schedule import BEAT_SCHEDULE

ROOT = Path(__file__).parent.parent.parent
COMPOSE = ROOT / "docker-compose.yml"
READ_BY_DJANGO = re.compile(r"env\.\w+\(\s*\"([A-Z][A-Z_]+)\"")
READ_BY_ENGINES = re.compile(r"(?:environ|variables)(?:\.get\(|, |\[)\s*\"([A-Z][A-Z_]+)\"")
READ_BY_COMPOSE = re.compile(r"\$\{([A-Z_]+)")
# Variables that processes set for each other, or that are a command's own argument.
INTERNAL = {"VITRINE_ENV_FILE", "PROMETHEUS_MULTIPROC_DIR", "PORT", "VITRINE_PROCESS"}
# Variables with a fixed value in the image or in docker-compose.yml.
FIXED_IN_CONTAINERS = {"DEBUG", "METRICS_PORT", "VITRINE_HOME", "VITRINE_SEARCH_ENGINE"}


def variables_read() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "backend/config").glob("*.py"):
        found |= set(READ_BY_DJANGO.findall(path.read_text()))
    engines = [ROOT / f"{name}/settings.py" for name in ("analytics_pipeline", "indexing", "ml")]
    for path in [*engines, ROOT / "backend/config/engines.py"]:
        found |= set(READ_BY_ENGINES.findall(path.read_text()))
    return found - INTERNAL


def test_the_example_file_lists_exactly_the_variables_that_are_read() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert named == variables_read() | set(READ_BY_COMPOSE.findall(COMPOSE.read_text()))


def test_every_variable_reaches_every_container_of_the_shop() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    shop_services = {
        name: service["environment"] for name, service in services.items() if service["image"] == "vitrine"
    }

    missing = {
        name: variables_read() - FIXED_IN_CONTAINERS - set(environment)
        for name, environment in shop_services.items()
    }

    assert {"web", "relay", "ingest", "worker", "beat", "migrate"} == set(shop_services)
    assert {name: variables - {"WEB_WORKERS"} for name, variables in missing.items() if variables} == {
        name: set() for name in set(shop_services) - {"web"}
    }


def test_an_empty_variable_has_its_default_value(tmp_path: Path) -> None:
    empty = dict.fromkeys(variables_read() - {"VITRINE_HOME"}, "")
    program = (
        "from django.conf import settings; print(settings.DEFAULT_CURRENCY, settings.THROTTLE_RATES['anon'])"
    )

    done = run(["-c", program], home=tmp_path, **empty)

    assert (done.returncode, done.stdout.split()) == (0, ["USD", "100/hour"]), done.stderr


@pytest.mark.parametrize("command", [["help"], ["check"]])
def test_a_command_that_needs_no_store_creates_no_folder(command: list[str], tmp_path: Path) -> None:
    home = tmp_path / "home"

    done = run(["manage.py", *command], home=home)

    assert done.returncode == 0, done.stderr
    assert not home.exists()


def test_djangos_test_command_fails_and_names_make_test(tmp_path: Path) -> None:
    done = run(["manage.py", "test"], home=tmp_path)

    assert done.returncode == 1
    assert "make test" in done.stderr


def test_only_the_ci_script_refers_to_the_folder_beside_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pattern = re.compile(r"\.\./shared|/work/" + "shared")

    found = [
        name
        for name in tracked.split()
        if (ROOT / name).is_file() and pattern.search((ROOT / name).read_text(errors="ignore"))
    ]

    assert [name for name in found if name not in (".ci/run", str(Path(__file__).relative_to(ROOT)))] == []


def run(arguments: list[str], *, home: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with only these environment variables."""
    defaults = {"DJANGO_SETTINGS_MODULE": "backend.config.settings", "VITRINE_ENV_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **defaults, **environ, "VITRINE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_example_file_sets_no_variable() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


@pytest.mark.parametrize("name", sorted(BEAT_SCHEDULE))
def test_every_scheduled_task_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert BEAT_SCHEDULE[name]["task"] in current_app.tasks
