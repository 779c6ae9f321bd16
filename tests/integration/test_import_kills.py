"""Imports that are killed at any moment, and two imports of one file at once, in real processes."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.shop import ROOT, Shop

pytestmark = [pytest.mark.slow, pytest.mark.stores]
KILLS = 4
PRODUCTS = 1_500
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
    shop.manage("migrate", "-v0")
    return shop


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs in a shop, and kills at the end what still runs."""
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


def ended(process: "subprocess.Popen[str]") -> str:
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    return out


def import_and_kill(start: Start, shop: Shop, path: Path, *, after: float) -> bool:
    """Kill an import `after` seconds; return whether it was still running."""
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


def test_an_import_that_was_killed_and_run_again_ends_as_an_uninterrupted_one(
    start: Start, tmp_path: Path
) -> None:
    files = [write(tmp_path / f"{stock}.csv", stock=stock) for stock in (5, 8)]
    calm, killed = new_shop(tmp_path / "calm"), new_shop(tmp_path / "killed")
    killed_while_running = 0
    for file in files:
        began = time.monotonic()
        ended(start(calm, IMPORT, str(file)))
        seconds = time.monotonic() - began
        moments = random.Random(7)
        for _ in range(KILLS):
            after = moments.uniform(0.05, 0.5) * seconds
            killed_while_running += import_and_kill(start, killed, file, after=after)
        ended(start(killed, IMPORT, str(file)))
    assert killed_while_running >= KILLS
    assert ended(start(killed, DIGEST)) == ended(start(calm, DIGEST))


def test_two_imports_of_one_file_at_once_apply_it_once(start: Start, tmp_path: Path) -> None:
    shop, alone = new_shop(tmp_path / "shop"), new_shop(tmp_path / "alone")
    for stock in (5, 8):
        path = write(tmp_path / f"{stock}.csv", stock=stock)
        both = [start(shop, IMPORT, str(path)) for _ in range(2)]
        outputs = [ended(process) for process in both]
        assert all(f"{2 * PRODUCTS:,} rows read" in out for out in outputs)
        assert not any("refused" in out for out in outputs)
        ended(start(alone, IMPORT, str(path)))
    assert ended(start(shop, DIGEST)) == ended(start(alone, DIGEST))
