"""Modules that serving processes must not import."""

import subprocess
import sys

import pytest

# They cost seconds of start-up and hundreds of megabytes; only training and the embedded warehouse need them.
HEAVY = {"chdb", "implicit", "lightgbm", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn"}

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


@pytest.mark.parametrize("program", [WEB, RELAY], ids=["web", "relay"])
def test_serving_processes_import_no_heavy_module(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )

    assert not HEAVY & set(done.stdout.split())
