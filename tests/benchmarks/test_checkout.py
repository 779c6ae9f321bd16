"""The benchmark of checkout runs, and its four ways of placing an order store the same rows."""

import os
import subprocess
import sys

import pytest

from tests.services.shop import ROOT

pytestmark = pytest.mark.slow


def test_the_benchmark_prints_the_statements_of_each_way() -> None:
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.checkout", "--rounds", "1"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("statements, at most 9: reached") == 3
    assert "5  SELECT catalog_variant FOR UPDATE" in done.stdout
