"""A shop with a published version for the benchmark."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from analytics_pipeline.stream import Batch
from backend.accounts.imported import seller_of
from backend.accounts.models import User
from backend.accounts.sessions import begin_session
from backend.audit.actors import Actor
from backend.carts.models import Cart, CartItem
from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.catalog.models import Product, Variant
from backend.engines.streams import stream
from backend.importing.grouping import batched
from backend.inventory.models import TransactionType
from backend.inventory.services import Entry, record_many
from backend.recommendations import services
from backend.recommendations.models import Algorithm
from ml.lists import NO_PRODUCT, Lists
from ml.registry import Registry
from ml.settings import TrainingSettings

ENTRIES = 50
RECENT = 10
LINES = 3
CHUNK = 1_000
STOCK = 1_000
BY = Actor.system("benchmark")
ALGORITHMS = (Algorithm.COLLABORATIVE, Algorithm.CONTENT_BASED, Algorithm.HYBRID)


@dataclass(frozen=True, slots=True)
class Shop:
    """A product with lists, an account with lists and a cart, and a guest.

    Both viewed products a moment ago.
    """

    product: int
    token: str
    guest: UUID


def make_shop(*, products: int, lists: int, in_stock: float, now: datetime) -> Shop:
    """Create the shop; the share `in_stock` of its products is in stock, and `lists` lists are published."""
    generator = random.Random(7)
    ids = _make_products(products, in_stock=in_stock, generator=generator, now=now)
    user = User.objects.create_user("+16502530000")
    _put_in_cart(generator.sample(ids, LINES), user=user, now=now)
    _publish(ids, user=user, lists=lists, generator=generator, now=now)
    guest = uuid4()
    for key in (user.shopper_key, guest):
        recent = dict.fromkeys(generator.sample(ids, RECENT), now.timestamp())
        stream().append(Batch(arrived_at=now, shopper_key=key, events=()), recent=recent)
    return Shop(generator.choice(ids), begin_session(user, now=now).access_token, guest)


def _make_products(number: int, *, in_stock: float, generator: random.Random, now: datetime) -> list[int]:
    for numbers in batched(range(number), CHUNK):
        upsert_products(
            [_imported(one) for one in numbers],
            source="benchmark",
            seller_id=seller_of("benchmark").pk,
            by=BY,
            now=now,
        )
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    stocked = generator.sample(ids, max(1, round(in_stock * number)))
    variants = Variant.objects.filter(product__in=stocked).values_list("pk", flat=True)
    for chunk in batched(variants, CHUNK):
        entries = [Entry(variant_id=pk, transaction_type=TransactionType.IN, quantity=STOCK) for pk in chunk]
        record_many(entries, by=BY, now=now)
    return ids


def _imported(number: int) -> ImportedProduct:
    return ImportedProduct(
        reference=str(number),
        title=f"Copper kettle {number}",
        description="Holds a litre and a half, and whistles.",
        brand=f"Brand {number % 12}",
        category=("Home", "Kitchen", f"Kettles {number % 9}"),
        price=Decimal(20 + number % 80),
        currency="USD",
        rating_average=Decimal("4.25"),
        rating_count=number,
        image_urls=(f"https://shop.example/images/{number}.jpg",),
        variants=tuple(ImportedVariant(sku=f"K-{number}-{one}") for one in range(2)),
    )


def _put_in_cart(ids: Sequence[int], *, user: User, now: datetime) -> None:
    cart = Cart.objects.create(user=user)
    for product in ids:
        variant = Variant.objects.filter(product=product).earliest("pk")
        CartItem.objects.create(cart=cart, variant=variant, quantity=1, added_at=now)


def _publish(ids: Sequence[int], *, user: User, lists: int, generator: random.Random, now: datetime) -> None:
    registry = Registry(TrainingSettings.from_env().registry)
    every = _lists(np.array(ids), user=user, lists=lists, generator=generator)
    version = registry.register(
        lists=every,
        made_by=dict.fromkeys(every, "benchmark"),
        facts={"fingerprint": "0" * 64, "tested": {"collaborative": {"metrics": {}}}},
        now=now,
    )
    services.publish(version.id, registry=registry, by=BY, now=now, forced_because="a benchmark")


def _lists(
    ids: NDArray[np.int64], *, user: User, lists: int, generator: random.Random
) -> Mapping[str, Lists]:
    """Return `lists` lists of products, of shoppers and of everyone; those of shoppers have reasons."""
    shoppers = max(1, (lists - 1) // len(ALGORITHMS) - len(ids))
    others = [str(UUID(int=generator.getrandbits(128))) for _ in range(shoppers - 1)]
    customers, everyone = np.array([str(user.shopper_key), *others]), np.array([""])
    numbers = np.random.default_rng(generator.getrandbits(32))
    made = partial(_made, ids, numbers=numbers)
    return {
        **{f"user.{algorithm}": made(customers, explained=True) for algorithm in ALGORITHMS},
        **{f"product.{algorithm}": made(ids) for algorithm in (*ALGORITHMS, Algorithm.TOGETHER)},
        f"user.{Algorithm.BUY_AGAIN}": made(customers[:1]),
        f"everyone.{Algorithm.POPULARITY}": made(everyone),
        f"everyone.{Algorithm.TRENDING}": made(everyone),
    }


def _made(
    ids: NDArray[np.int64],
    subjects: NDArray[Any],
    *,
    numbers: np.random.Generator,
    explained: bool = False,
) -> Lists:
    # A step that has no divisor in common with the number of products meets each product once.
    steps = np.array([step for step in range(1, len(ids)) if math.gcd(step, len(ids)) == 1])
    first = numbers.integers(len(ids), size=(len(subjects), 1))
    products = ids[(first + numbers.choice(steps, (len(subjects), 1)) * np.arange(ENTRIES)) % len(ids)]
    shares = np.linspace(1, 1 / ENTRIES, ENTRIES, dtype=np.float32)
    scores = np.broadcast_to(shares, products.shape)
    because = numbers.choice(ids, products.shape) if explained else np.full_like(products, NO_PRODUCT)
    return Lists(subjects, products, scores, because)
