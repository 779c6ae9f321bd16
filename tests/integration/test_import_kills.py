"""Imports that are killed at random times, and two concurrent imports of one file, in real processes."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop

pytestmark = [pytest.mark.slow, pytest.mark.stores]
KILLS = 4
# Two chunks of the import.
PRODUCTS = 1_000
IMPORT = """
import sys
import django
django.setup()
from django.core.management import call_command
print("ready", flush=True)
call_command("import_catalog", sys.argv[1], format="csv", no_wait=True)
"""
DIGEST = """
import hashlib
import django
django.setup()
from django.db.models import Count, Sum
from backend.catalog.models import Product, Variant
from backend.importing.models import ProductStatement
rows = Variant.objects.order_by("sku").values_list(
    "sku", "stock", "sale_price", "is_active", "product__source_reference", "product__title"
).annotate(Count("inventory_transactions"), Sum("inventory_transactions__effect"))
print(Product.objects.count(), ProductStatement.objects.exclude(digest="").count())
print(hashlib.sha256(repr(list(rows)).encode()).hexdigest())
"""


def write(path: Path, *, stock: int) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "product", "title", "price", "stock", "attr:Colour"))
        for number in range(PRODUCTS):
            for colour in ("red", "blue"):
                writer.writerow((f"{number}-{colour}", number, f"Lamp {stock}", "9.50", stock, colour))
    return path


def new_shop(home: Path) -> Shop:
    environ = {}
    if RUN.database_url:
        name = f"imports_{home.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(home, environ=environ)
    migrate(shop)
    return shop


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts a program in a shop; programs still running at the end are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(shop: Shop, program: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", program, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=shop.environ, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def output_of(process: "subprocess.Popen[str]") -> str:
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    return out


def import_and_kill(start: Start, shop: Shop, path: Path, *, after: float) -> bool:
    """Kill an import after this many seconds; return whether it was still running."""
    process = start(shop, IMPORT, str(path))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


@dataclass(frozen=True)
class Uninterrupted:
    """Files, how many seconds the import of each took, and the digest of the shop that imported them."""

    seconds: dict[Path, float]
    digest: str


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """The result of importing two files without kills, one after the other."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    shop, seconds = new_shop(folder / "uninterrupted"), {}
    for stock in (5, 8):
        path = write(folder / f"{stock}.csv", stock=stock)
        began = time.monotonic()
        shop.python("-c", IMPORT, str(path))
        seconds[path] = time.monotonic() - began
    return Uninterrupted(seconds, shop.python("-c", DIGEST))


def test_an_import_that_was_killed_and_repeated_has_the_result_of_an_uninterrupted_one(
    start: Start, uninterrupted: Uninterrupted, tmp_path: Path
) -> None:
    killed = new_shop(tmp_path / "killed")
    killed_while_running = 0
    for file, seconds in uninterrupted.seconds.items():
        rng = random.Random(7)
        for _ in range(KILLS):
            after = rng.uniform(0.05, 0.5) * seconds
            killed_while_running += import_and_kill(start, killed, file, after=after)
        output_of(start(killed, IMPORT, str(file)))
    assert killed_while_running >= KILLS
    assert output_of(start(killed, DIGEST)) == uninterrupted.digest


def test_two_concurrent_imports_of_one_file_apply_it_once(
    start: Start, uninterrupted: Uninterrupted, tmp_path: Path
) -> None:
    shop = new_shop(tmp_path / "shop")
    for path in uninterrupted.seconds:
        both = [start(shop, IMPORT, str(path)) for _ in range(2)]
        outputs = [output_of(process) for process in both]
        assert all(f"{2 * PRODUCTS:,} rows read" in out for out in outputs)
        assert not any("refused" in out for out in outputs)
    assert output_of(start(shop, DIGEST)) == uninterrupted.digest
