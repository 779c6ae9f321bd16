"""The benchmark of search compares endpoints and concurrent clients with the engine, on both engines."""

import os
import re
import subprocess
import sys

import pytest

from tests.services.shop import ROOT

ARGUMENTS = ["--products", "60", "--rounds", "8", "--parts", "endpoints", "clients"]
VERDICT = r"at (?:least|most) [\d.,]+: (?:reached|missed)"


@pytest.mark.slow
@pytest.mark.elasticsearch
def test_the_benchmark_compares_endpoints_and_concurrent_clients_with_the_engine(
    elasticsearch_url: str,
) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.search", *ARGUMENTS],
        cwd=ROOT,
        env={**inherited, "ELASTICSEARCH_URL": elasticsearch_url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    tantivy, elasticsearch = done.stdout.split("elasticsearch, 60 products")
    for output in (tantivy, elasticsearch):
        assert re.search(rf"^search .*{VERDICT}\)$", output, re.MULTILINE)
        assert re.search(rf"^suggestions .*{VERDICT}\)$", output, re.MULTILINE)
    clients = re.search(
        r"^8 clients: endpoint ([\d,]+) searches/s, raw requests ([\d,]+) searches/s, "
        rf"ratio ([\d.]+) \({VERDICT}\)$",
        elasticsearch,
        re.MULTILINE,
    )
    assert clients
    assert all(float(number.replace(",", "")) > 0 for number in clients.groups())
    assert "clients" not in tantivy
