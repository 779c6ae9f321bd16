"""What can be configured is written down, and what is written down can be configured."""

import re
from pathlib import Path

import pytest
from celery import current_app

from backend.config.celery import app
from backend.config.schedule import BEAT_SCHEDULE

ROOT = Path(__file__).parent.parent.parent
READ_BY_DJANGO = re.compile(r"env\.\w+\(\s*\"([A-Z][A-Z_]+)\"")
READ_BY_ENGINES = re.compile(r"(?:environ|variables)(?:\.get\(|, |\[)\s*\"([A-Z][A-Z_]+)\"")
READ_BY_COMPOSE = re.compile(r"\$\{([A-Z_]+)")
# What only processes tell each other, or a command's own argument.
INTERNAL = {"VITRINE_ENV_FILE", "PROMETHEUS_MULTIPROC_DIR", "PORT"}


def variables_read() -> set[str]:
    found = set(READ_BY_DJANGO.findall((ROOT / "backend/config/settings.py").read_text()))
    engines = [ROOT / f"{name}/settings.py" for name in ("analytics_pipeline", "indexing", "ml")]
    for path in [*engines, ROOT / "backend/config/engines.py"]:
        found |= set(READ_BY_ENGINES.findall(path.read_text()))
    return (found | set(READ_BY_COMPOSE.findall((ROOT / "docker-compose.yml").read_text()))) - INTERNAL


def test_the_example_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert named == variables_read()


def test_the_example_sets_nothing_by_itself() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


@pytest.mark.parametrize("name", sorted(BEAT_SCHEDULE))
def test_whatever_happens_by_the_clock_is_a_task_that_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert BEAT_SCHEDULE[name]["task"] in current_app.tasks
