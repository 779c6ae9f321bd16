"""What a process of the shop may not carry around."""

import subprocess
import sys

import pytest

# Seconds of start-up and hundreds of megabytes, for what only training and the warehouse's owner do.
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
def test_a_process_that_serves_carries_nothing_heavy(program: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )

    assert not HEAVY & set(answer.stdout.split())
