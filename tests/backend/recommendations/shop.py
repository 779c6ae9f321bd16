"""Products and model versions for tests of recommendations."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backend.accounts.models import User
from backend.catalog.models import Category, Product, Variant
from backend.catalog.services import create_product
from backend.catalog.variant_services import NewVariant
from backend.orders.models import Order, OrderItem
from backend.recommendations import services
from backend.recommendations.serving import CACHE
from ml.diversity import KINDS, Kind
from ml.gates import Gate, Outcome, Verdict
from ml.lists import Lists
from ml.registry import Registry, Version
from ml.session_index import SessionIndex
from ml.terms import Terms
from tests.backend.shop import SYSTEM

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

PASSED = Verdict(gate=Gate.BUDGETS, outcome=Outcome.PASSED, reason="0.1 MB of lists")

Entries = Sequence[tuple[int, float, int]]


def products(count: int, *, seller: User, name: str = "Lamp") -> list[Product]:
    """Create products in stock; each one is more popular than the one before."""
    category, _ = Category.objects.get_or_create(name="Home", slug="home", path="Home")
    made = [
        create_product(
            title=f"{name} {number}",
            category=category,
            seller_id=seller.pk,
            price=Decimal(10),
            currency="USD",
            variants=[NewVariant(sku=f"{name.upper()}-{number}")],
            popularity=number,
            now=NOW,
            by=SYSTEM,
        )
        for number in range(count)
    ]
    Variant.objects.update(stock=5)
    return made


def buy(user: User, product: Product) -> None:
    """Place an order of one unit of the product's only variant."""
    order = Order.objects.create(
        order_number="1", user=user, currency="USD", subtotal=1, total_amount=1, placed_at=NOW
    )
    OrderItem.objects.create(
        order=order,
        product=product,
        variant=Variant.objects.get(product=product),
        quantity=1,
        unit_price=1,
        total_price=1,
    )


def register(
    root: Path,
    lists: Mapping[str, Mapping[object, Entries]],
    *,
    now: datetime = NOW,
    fingerprint: str = "f" * 64,
    back_test: bool = False,
    rows: int = 1_000,
    products: int = 100,
    verdicts: Sequence[Verdict] | None = (PASSED,),
    sessions: SessionIndex | None = None,
    terms: Terms | None = None,
    kinds: Mapping[int, Kind] | None = None,
    diversity: float = 0.0,
) -> Version:
    """Register a version; `lists` maps `subject.algorithm` to entries (product, score, because or 0) by subject.

    Without `verdicts`, it is one of a release that didn't judge. `kinds` are families and categories.
    """
    made_by = dict.fromkeys(lists, "item_knn")
    facts: dict[str, object] = {
        "fingerprint": fingerprint,
        "back_test": back_test,
        "measured": [],
        "rows": rows,
        "products": products,
        "last_interaction": f"{now:%Y-%m-%dT%H:%M:%S}+00:00",
        "chosen": {"collaborative": {"name": "item_knn", "parameters": {}, "half_life_days": None}},
    }
    if verdicts is not None:
        facts["verdicts"] = msgspec.to_builtins(verdicts)
    others = {}
    if sessions is not None:
        facts["sessions"] = {"parameters": dict(sessions.parameters)}
        others["sessions"] = sessions.arrays()
    if terms is not None:
        others["terms"] = terms.arrays()
    if kinds is not None:
        facts["diversity"] = {"share": diversity}
        others[KINDS] = _kinds(kinds)
    arrays = {name: _arrays(rows) for name, rows in lists.items()}
    return Registry(root).register(lists=arrays, made_by=made_by, facts=facts, now=now, arrays=others)


def publish(
    root: Path,
    lists: Mapping[str, Mapping[object, Entries]],
    *,
    kinds: Mapping[int, Kind] | None = None,
    diversity: float = 0.0,
) -> Version:
    """Register and publish a version, which this process opens."""
    registry = Registry(root / "models")
    version = register(registry.root, lists, kinds=kinds, diversity=diversity)
    services.publish(None, registry=registry, now=NOW, by=SYSTEM)
    CACHE.forget()
    CACHE.current()
    return version


def _kinds(kinds: Mapping[int, Kind]) -> dict[str, NDArray[Any]]:
    products = sorted(kinds)
    return {
        "products": np.array(products),
        "families": np.array([kinds[product][0] for product in products], np.uint32),
        "categories": np.array([kinds[product][1] for product in products], np.uint32),
    }


def _arrays(rows: Mapping[object, Entries]) -> Lists:
    width = max(len(row) for row in rows.values())
    padded = [[*row, *[(0, 0.0, 0)] * (width - len(row))] for row in rows.values()]
    columns = [np.array([[entry[part] for entry in row] for row in padded]) for part in range(3)]
    return Lists(np.array(list(rows)), columns[0], columns[1].astype(np.float32), columns[2])
