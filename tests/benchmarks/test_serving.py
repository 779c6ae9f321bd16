"""The benchmark of recommendations runs, and a request needs one query after its authentication."""

import os
import subprocess
import sys

import pytest

from tests.services.shop import ROOT

pytestmark = pytest.mark.slow

QUERIES = {
    "hello, account": "1",
    "hello, guest": "0",
    "person": "2",
    "guest": "1",
    "product, account": "2",
    "product, guest": "1",
    "together": "2",
    "cart": "3",
    "buy again": "2",
    "trending": "2",
    "recently viewed": "2",
    "search": "2",
}


def test_the_benchmark_prints_the_ratios_and_queries_of_each_request() -> None:
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    options = ["--sqlite", "--rounds", "1", "--lists", "400", "--products", "100"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving", *options],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode in (0, 1), done.stdout + done.stderr
    rows = [line.split("  ") for line in done.stdout.splitlines()[1:-1]]
    assert {row[0]: row[-1].strip() for row in rows} == QUERIES, done.stdout + done.stderr
