"""Modules that processes must not import, or must have imported before they work."""

import os
import subprocess
import sys

from django.core.checks import Tags
from django.core.management import get_commands, load_command_class

# They cost seconds of start-up and hundreds of megabytes; only training and the embedded warehouse need them.
HEAVY = {"chdb", "implicit", "lightgbm", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn"}

# Every process and command sets Django up. Views, engines and the task queue are for those that use them.
NOT_FOR_EVERY_PROCESS = HEAVY | {
    "celery",
    "clickhouse_connect",
    "django.contrib.postgres",
    "drf_spectacular.plumbing",
    "elasticsearch",
    "jwt",
    "kombu",
    "numpy",
    "opentelemetry",
    "PIL",
    "psycopg",
    "rapidfuzz",
    "redis",
    "requests",
    "rest_framework.serializers",
    "sentry_sdk",
    "tantivy",
    "weasyprint",
}

SETUP = """
import sys
import django
django.setup()
print(" ".join(sys.modules))
"""
WEB = """
import sys
from backend.config.asgi import application
from django.urls import get_resolver
get_resolver().url_patterns
print(" ".join(sys.modules))
"""
RELAY = """
import sys
import django
django.setup()
from backend.config.subscriptions import subscribers
from backend.outbox.management.commands import relay
print(" ".join(sys.modules))
"""


def test_setting_django_up_imports_only_what_every_process_needs() -> None:
    assert not NOT_FOR_EVERY_PROCESS & modules_of(SETUP, DATABASE_URL="")


def test_a_web_process_imports_no_heavy_module_and_what_the_first_requests_need() -> None:
    modules = modules_of(WEB)

    # Where OpenTelemetry is installed, redis imports it.
    assert not (HEAVY | {"backend.config.tracing", "sentry_sdk"}) & modules
    assert {"clickhouse_connect", "redis", "backend.search.views"} <= modules


def test_a_relay_imports_no_heavy_module() -> None:
    assert not HEAVY & modules_of(RELAY)


def test_commands_run_no_checks_that_import_every_view() -> None:
    checked = {
        name: load_command_class(app, name).requires_system_checks
        for name, app in get_commands().items()
        if app.split(".")[0] in ("backend", "demo")
    }

    assert {name for name, tags in checked.items() if tags == "__all__" or Tags.urls in tags} == {
        # It lists the errors of all views.
        "document_errors",
        # Django's own one has them, too.
        "migrate",
        # It describes all views.
        "publish_api_schema",
    }


def modules_of(program: str, **environ: str) -> set[str]:
    """Return the names of the modules that the program has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return set(done.stdout.split())
