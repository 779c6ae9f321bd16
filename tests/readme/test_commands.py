"""Every command of the README, and of the pages about accounts and search analytics, works, in order."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.services.shop import ROOT, free_port
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)
SMALL = "--products 300 --customers 150 --days 14"
# A failed request ends the script, and processes in the background are stopped at the end.
PREAMBLE = """
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
curl() { command curl --fail --show-error "$@"; }
"""


def blocks(page: str = "README.md") -> list[str]:
    return BLOCK.findall((ROOT / page).read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The home and the port of a running `make demo`, with a smaller shop than the default."""
    first, *_ = blocks()
    assert first == "make demo\n"
    assert (Path(sys.prefix) / ".development").exists(), "this environment was not created by `make test`"
    home, port = tmp_path_factory.mktemp("readme"), free_port()
    with (home / "make.log").open("w") as log:
        process = subprocess.Popen(
            ["make", "demo", f"DEMO={SMALL}", f"PORT={port}"],
            cwd=ROOT,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: "# " in demo_output(home) or process.poll() is not None,
            what="the demo prints what to try",
            seconds=240,
        )
        assert process.poll() is None, demo_output(home)
        yield home, port
    finally:
        # Like Ctrl-C, which signals make and all its children.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def environment(home: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**inherited, "VITRINE_HOME": str(home), "VITRINE_ENV_FILE": os.devnull}


def demo_output(home: Path) -> str:
    return (home / "make.log").read_text()


def run(script: str, *, home: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", PREAMBLE + script],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_serves_its_pages(demo: tuple[Path, int]) -> None:
    home, _ = demo
    addresses = re.findall(r"^  \S.*?(http://\S+)$", demo_output(home), re.MULTILINE)

    assert len(addresses) == 6
    for address in addresses:
        # The health is 503 while a service of the busy machine doesn't respond in time.
        wait_until(lambda address=address: is_served(address), what=address)  # type: ignore[misc]


def is_served(address: str) -> bool:
    """Return whether the response has status 200; it may be 503 instead."""
    try:
        with urlopen(address) as response:
            return bool(response.status == 200)
    except HTTPError as error:
        if error.status != 503:
            raise
        return False


def test_the_commands_that_the_demo_prints_can_be_pasted(demo: tuple[Path, int]) -> None:
    home, _ = demo
    _, _, printed = demo_output(home).partition("# ")

    output = run("# " + printed, home=home)

    assert output.count('"status":2') >= 5


def test_the_commands_of_the_readme_work(demo: tuple[Path, int], tmp_path: Path) -> None:
    home, port = demo
    _, *commands = blocks()
    script = "\n".join(commands)
    for original, replacement in {
        "8000": str(port),
        "8001": str(free_port()),
        "var/my-shop": str(tmp_path / "my-shop"),
        "catalog.csv": str(tmp_path / "catalog.csv"),
    }.items():
        script = script.replace(original, replacement)

    output = run(script, home=home)

    assert "Copper kettle" in output
    assert "NDCG@10" in output
    assert "Recall@20" in output


def test_the_commands_of_the_pages_about_analytics_work(demo: tuple[Path, int], tmp_path: Path) -> None:
    home, _ = demo
    pages = (
        "docs/session-analytics.md",
        "docs/search-analytics.md",
        "docs/sales-analytics.md",
        "docs/recommendation-analytics.md",
    )
    script = "".join(block for page in pages for block in blocks(page))

    output = run(script.replace("var/ubi", str(tmp_path)), home=home)

    assert "query,searches,shoppers" in output
    assert "period,units,gross" in output
    assert "months_since" in output
    assert "expected_purchases" in output
    for column in (
        "has_session",
        "median_seconds",
        "total_rate",
        "cohort +shoppers +number",
        "conversion_low",
    ):
        assert re.search(column, output)
    days = [line for line in output.splitlines() if re.fullmatch(r"\d{4}-\d\d-\d\d: [1-9].* events", line)]
    assert len(days) == len(list(tmp_path.iterdir())) / 2 >= 2
    for path in tmp_path.glob("ubi_queries-*.ndjson"):
        queries = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert queries
        assert all(query["user_query"] for query in queries)


def test_the_commands_of_the_page_about_accounts_work(demo: tuple[Path, int]) -> None:
    home, port = demo
    script = "".join(blocks("docs/accounts.md")).replace("8000", str(port))

    output = run(script, home=home)

    assert '"first_name": "Ann"' in output
    assert '"store":"warehouse"' in output
