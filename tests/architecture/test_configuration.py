"""What can be configured is documented, and reaches the processes that read it."""

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
# What processes tell each other, or a command's own argument.
INTERNAL = {"VITRINE_ENV_FILE", "PROMETHEUS_MULTIPROC_DIR", "PORT", "VITRINE_PROCESS"}
# What the image or the composition decides: another value would not work there.
FIXED_IN_CONTAINERS = {"DEBUG", "METRICS_PORT", "VITRINE_HOME", "VITRINE_SEARCH_ENGINE"}


def read_by_the_shop() -> set[str]:
    found = set(READ_BY_DJANGO.findall((ROOT / "backend/config/settings.py").read_text()))
    engines = [ROOT / f"{name}/settings.py" for name in ("analytics_pipeline", "indexing", "ml")]
    for path in [*engines, ROOT / "backend/config/engines.py"]:
        found |= set(READ_BY_ENGINES.findall(path.read_text()))
    return found - INTERNAL


def test_the_example_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert named == read_by_the_shop() | set(READ_BY_COMPOSE.findall(COMPOSE.read_text()))


def test_every_variable_reaches_every_container_of_the_shop() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    ours = {
        name: service["environment"] for name, service in services.items() if service["image"] == "vitrine"
    }

    missing = {name: read_by_the_shop() - FIXED_IN_CONTAINERS - set(given) for name, given in ours.items()}

    assert {"web", "relay", "ingest", "worker", "beat", "migrate"} == set(ours)
    assert {name: variables - {"WEB_WORKERS"} for name, variables in missing.items() if variables} == {
        name: set() for name in set(ours) - {"web"}
    }


def test_a_variable_that_compose_passes_on_empty_means_its_default(tmp_path: Path) -> None:
    empty = dict.fromkeys(read_by_the_shop() - {"VITRINE_HOME"}, "")
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


def test_djangos_own_test_runner_is_refused_with_the_right_command(tmp_path: Path) -> None:
    done = run(["manage.py", "test"], home=tmp_path)

    assert done.returncode == 1
    assert "make test" in done.stderr


def test_only_the_integration_script_knows_of_the_folder_beside_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pattern = re.compile(r"\.\./shared|/work/" + "shared")

    found = [
        name
        for name in tracked.split()
        if (ROOT / name).is_file() and pattern.search((ROOT / name).read_text(errors="ignore"))
    ]

    assert [name for name in found if name not in (".ci/run", str(Path(__file__).relative_to(ROOT)))] == []


def run(arguments: list[str], *, home: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with nothing else in its environment."""
    given = {"DJANGO_SETTINGS_MODULE": "backend.config.settings", "VITRINE_ENV_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given, **environ, "VITRINE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_example_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


@pytest.mark.parametrize("name", sorted(BEAT_SCHEDULE))
def test_every_scheduled_task_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert BEAT_SCHEDULE[name]["task"] in current_app.tasks
