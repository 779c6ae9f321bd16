"""A build of the search index that is killed twice is resumed, and no change in between is lost."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop

pytestmark = [pytest.mark.slow, pytest.mark.stores]

PRODUCTS = 60
BATCH = 10
LISTED = f"""
import django
django.setup()
from decimal import Decimal
from django.utils import timezone
from backend.accounts.imported import seller_of
from backend.audit.actors import Actor
from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
products = [
    ImportedProduct(reference=str(n), title=f"Lamp {{n}}", category=("Home",), price=Decimal(1), currency="USD",
                    variants=(ImportedVariant(sku=f"L-{{n}}"),))
    for n in range({PRODUCTS})
]
by = Actor.system("test")
upsert_products(products, source="test", seller_id=seller_of("test").pk, by=by, now=timezone.now())
"""

# The lease is short, so that the next build need not wait for it for long.
BUILD = f"""
import json, os, signal, sys
from datetime import timedelta
import django
django.setup()
from django.db import transaction
from django.utils import timezone
from backend.audit.actors import Actor
from backend.catalog.models import Product
from backend.catalog.services import delete_product
from backend.engines.index import engine
from backend.outbox import runner
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.search import projection
from backend.search.rebuilding import build
runner.LEASE, runner.RENEW_BELOW = timedelta(seconds=1), timedelta(seconds=0.5)
projection.SCAN_BATCH = {BATCH}
kill_after, by, seen = int(sys.argv[1]), Actor.system("test"), []
def count(products):
    seen.append(products)
    if len(seen) != kill_after:
        return
    changed, deleted = Product.objects.existing().order_by("pk")[:2]
    changed.title = f"Changed before kill {{kill_after}}"
    with transaction.atomic():
        changed.save()
        publish(Topic.PRODUCT, changed.pk)
    delete_product(deleted.pk, by=by, now=timezone.now())
    os.kill(os.getpid(), signal.SIGKILL)
built = build(engine(), by=by, clock=timezone.now, progress=count)
print(json.dumps({{"generation": built.name, "written": sum(seen)}}))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    environ = {}
    if RUN.database_url:
        name = f"rebuild_{tmp_path.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(tmp_path / "home", environ=environ)
    migrate(shop)
    shop.python("-c", LISTED)
    return shop


def killed_build(shop: Shop, *, after_batches: int) -> None:
    """Build until a number of batches is written; then change and delete a product, and kill the builder."""
    command = [sys.executable, "-c", BUILD, str(after_batches)]
    done = subprocess.run(command, cwd=ROOT, env=shop.environ, capture_output=True, check=False, timeout=180)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2_000:]


def test_a_build_that_is_killed_twice_is_resumed_without_losing_changes(shop: Shop) -> None:
    shop.manage("rebuild_index")
    before = shop.manage("rebuild_index", "--list")
    killed_build(shop, after_batches=2)
    (first,) = set(shop.manage("rebuild_index", "--list").splitlines()) - set(before.splitlines())

    killed_build(shop, after_batches=2)
    built = json.loads(shop.python("-c", BUILD, "0"))

    assert built["generation"] == first.split()[0]
    assert built["written"] == PRODUCTS - 2 * 2 * BATCH
    assert f"serving: {built['generation']}" not in before
    assert "compared, 0 differ" in shop.manage("search_parity")
    assert len(shop.manage("rebuild_index", "--list").splitlines()) == 2
