"""Every command of the README and of pages about accounts and analytics works, and so do the notebooks."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pandas as pd
import pyotp
import pytest
import urllib3

from analytics_pipeline.analyst import (
    Access,
    CredentialRefused,
    InvalidAccess,
    InvalidParameters,
    ReportRefused,
    UnknownReport,
    connect,
)
from analytics_pipeline.analyst.remote import RemoteReports
from tests.readme.notebooks import executed
from tests.services.shop import COMMANDS, ROOT, free_port
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Commands in the background and those with variables remain processes of their own.
COMMAND = re.compile(r"python manage\.py [^&$`|<>]+")
SETTINGS = "DJANGO_SETTINGS_MODULE=backend.config.settings"
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
            seconds=600,
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


def in_one_process(script: str) -> str:
    """Return the script with each series of management commands run by one process, which starts only once."""
    lines = []
    for is_command, group in groupby(script.splitlines(), key=lambda line: bool(COMMAND.fullmatch(line))):
        if is_command:
            commands = json.dumps([shlex.split(line)[2:] for line in group])
            lines.append(shlex.join(["env", SETTINGS, "python", "-c", COMMANDS, commands]))
        else:
            lines.extend(group)
    return "\n".join(lines)


def run(script: str, *, home: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", PREAMBLE + in_one_process(script)],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_serves_its_pages(demo: tuple[Path, int]) -> None:
    home, _ = demo
    addresses = re.findall(r"^  \S.*?(http://\S+)$", demo_output(home), re.MULTILINE)

    assert len(addresses) == 7
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


def test_the_notebooks_run_beside_the_shop(demo: tuple[Path, int]) -> None:
    home, _ = demo
    printed: dict[str, str] = {}
    for name, (output, errors, charts) in executed(environment(home)).items():
        printed[name] = output
        assert errors == "", name
        assert charts >= 1, name

    amounts = r"Together ([\d,.]+) USD; the ledger has ([\d,.]+)\.\n"
    credited = re.search(amounts, printed["06_recommendation_revenue"])
    assert credited is not None
    assert credited[1] == credited[2]
    # Which queries earned most last month, and what did they fail to find?
    assert re.search(r"^Most revenue: \w.*, .*, .*\.$", printed["05_search_quality"], re.MULTILINE)
    assert re.search(
        r"^[1-9]\d* of \d+ searches .* found nothing\.$", printed["05_search_quality"], re.MULTILINE
    )
    assert "1,469,307 lines, 155,848 receipts, 4,596,039.58 USD" in printed["08_a_retailers_year"]


STAFF, SELLER, CUSTOMER = "+15550100001", "+15550100002", "+15550100003"
PASSWORD = "vitrine-demo"


@pytest.fixture
def address(demo: tuple[Path, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The shop's address, with the variables of an analyst who hasn't set any other."""
    home, port = demo
    for name in [name for name in os.environ if name.startswith(("VITRINE_", "CLICKHOUSE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VITRINE_HOME", str(home))
    return f"http://127.0.0.1:{port}"


def test_analysts_read_the_same_reports_from_afar_and_errors_say_what_to_do(address: str) -> None:
    here, shop = connect(), connect(address, phone=STAFF, password=PASSWORD)

    for name in ("sales_by_period", "rfm_customers"):
        pd.testing.assert_frame_equal(shop.report(name, exact=True), here.report(name, exact=True))
    assert list(shop.reports().index) == list(here.reports().index)
    assert shop.definition("sales").column_table.equals(here.definition("sales").column_table)
    with pytest.raises(UnknownReport, match=r"did you mean sales\?"):
        shop.report("sale")
    with pytest.raises(InvalidParameters, match=r"group_by: must be one of day, week, month"):
        shop.report("sales_by_period", group_by="year")
    with pytest.raises(InvalidAccess, match="VITRINE_WAREHOUSE_URL"):
        shop.sql("SELECT 1")
    with pytest.raises(CredentialRefused, match="Phone or password is wrong"):
        connect(address, phone=STAFF, password="another passphrase")
    with pytest.raises(CredentialRefused, match="VITRINE_PHONE"):
        connect(address)
    with pytest.raises(CredentialRefused, match="VITRINE_PHONE"):
        connect(address, token="not a token")
    with pytest.raises(ReportRefused, match="area `reports`"):
        connect(address, phone=CUSTOMER, password=PASSWORD)


def test_a_seller_with_a_second_factor_reads_own_reports_beyond_the_life_of_a_token(address: str) -> None:
    access = Access(url=address, phone=SELLER, password=PASSWORD)
    asked: list[str] = []

    def code(question: str) -> str:
        asked.append(question)
        return recovery

    own = RemoteReports(access)
    own.check()
    token = own._tokens["access_token"]
    secret = post(address, "/api/accounts/me/second-factor/totp/", {"password": PASSWORD}, token)["secret"]
    confirmation = {"code": pyotp.TOTP(secret).now()}
    confirmed = post(address, "/api/accounts/me/second-factor/totp/confirm/", confirmation, token)
    recovery = str(confirmed["recovery_codes"][0])

    reports = RemoteReports(access, ask_code=code)
    assert "queries" not in [each.name for each in reports.definitions()]
    reports._tokens["access_token"] = "expired"
    assert reports.parquet("sales_by_period", {"group_by": "month"}).startswith(b"PAR1")
    assert len(asked) == 1


def post(address: str, path: str, body: dict[str, str], token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    response = urllib3.request("POST", address + path, json=body, headers=headers, timeout=60)
    assert response.status in (200, 201), response.data
    return response.json()["data"]
