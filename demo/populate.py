"""Generate a shop in memory, store it in one transaction, and load its events into the warehouse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from tqdm import tqdm

from analytics_pipeline.ingest import load
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.api.owners import Owner
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.carts.services import Claim, add_item
from backend.catalog.bulk import upsert_products
from backend.catalog.models import Product, Variant
from backend.catalog.pricing import seller_price
from backend.orders.best_sellers import refresh_best_sellers
from backend.orders.bulk import PastOrder, import_orders
from backend.orders.models import OrderItem
from backend.orders.popularity import refresh_popularity
from backend.orders.pricing import tariff
from demo import accounts, vocabulary
from demo.behaviour import Behaviour, Shop, generate_behaviour
from demo.catalogue import Assortment, generate_assortment
from demo.events import Recorder, exposure_ids
from demo.flash_sale import store_flash_sale
from demo.lists import candidate_lists
from demo.orders import SECONDS_TO_CART, CartAdditions, Ordering, Stocked, additions
from demo.pictures import store_pictures
from demo.plan import Plan
from demo.reviews import store_reviews
from demo.search_rules import store_search_rules
from demo.shoppers import populate as populate_shoppers
from demo.stock import Sold, record_ledger

SOURCE = accounts.SOURCE
ACTOR = Actor.system("demo")
CHUNK = 500
OPEN_CARTS = 150
CART_AGE = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class History:
    """The generated history of a shop; `exposures` are the ids of the lists in `behaviour`."""

    plan: Plan
    shop: Shop
    behaviour: Behaviour
    exposures: list[UUID]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were stored."""

    products: int
    customers: int
    orders: int


def generate_history(plan: Plan) -> History:
    """Return the history of a shop with this plan."""
    words = vocabulary.load()
    assortment = generate_assortment(
        words,
        count=plan.products,
        currency=settings.DEFAULT_CURRENCY,
        begins_at=plan.begins_at,
        days=plan.days,
        rng=plan.generator("catalogue"),
    )
    shop = Shop(
        vocabulary=words,
        assortment=assortment,
        population=populate_shoppers(words, customers=plan.customers, rng=plan.generator("people")),
        candidate_lists=candidate_lists(words, assortment, rng=plan.generator("lists")),
    )
    rng = plan.generator("behaviour")
    behaviour = generate_behaviour(shop, begins_at=plan.begins_at, now=plan.now, rng=rng)
    return History(plan, shop, behaviour, exposure_ids(behaviour, rng=plan.generator("exposures")))


def store(history: History) -> Counts:
    """Store the shop in one transaction: accounts, products, orders, stock ledger, carts, search rules."""
    plan, population = history.plan, history.shop.population
    with transaction.atomic():
        record("demo.stored", by=ACTOR, subject=("shop", SOURCE), changes={"products": (0, plan.products)})
        accounts.create_staff()
        sellers = accounts.create_sellers(history.shop.vocabulary.sellers)
        user_ids = accounts.create_customers(
            population, begins_at=plan.begins_at, rng=plan.generator("accounts")
        )
        _store_products(history.shop.assortment, sellers=sellers, plan=plan)
        stocked = stocked_products(plan)
        added = _additions(history, stocked=stocked)
        orders = Ordering(
            behaviour=history.behaviour,
            added=added,
            population=population,
            user_ids=user_ids,
            stocked=stocked,
            exposure_ids=history.exposures,
            currency=settings.DEFAULT_CURRENCY,
            tariff=tariff(),
            now=plan.now,
            rng=plan.generator("orders"),
        ).orders()
        for chunk in _chunks(orders, what="orders"):
            import_orders(chunk, source=SOURCE)
        _store_stock(orders, history=history)
        _fill_carts(history, added=added, stocked=stocked, user_ids=user_ids)
        refresh_popularity(by=ACTOR)
        refresh_best_sellers(by=ACTOR, now=plan.now)
        store_flash_sale(by=ACTOR, now=plan.now)
        store_search_rules(by=ACTOR, now=plan.now)
        store_reviews(source=SOURCE, now=plan.now, rng=plan.generator("reviews"), by=ACTOR)
    return Counts(products=plan.products, customers=plan.customers, orders=len(orders))


def store_pictures_of(history: History) -> int:
    """Draw and store the pictures of products that have none yet; return how many."""
    return store_pictures(history.shop.vocabulary, source=SOURCE, plan=history.plan, by=ACTOR)


def load_events(history: History, *, warehouse: Warehouse) -> int:
    """Load the events and return how many there are; loading them again changes nothing."""
    stocked = stocked_products(history.plan)
    recorder = Recorder(
        behaviour=history.behaviour,
        candidate_lists=history.shop.candidate_lists,
        added=_additions(history, stocked=stocked),
        product_ids=_product_ids(history.plan),
        stocked=stocked,
        keys=history.shop.population.keys,
        exposures=history.exposures,
        unsold=history.shop.vocabulary.unsold,
        rng=history.plan.generator("events"),
    )
    return load(warehouse, tqdm(recorder.records(), desc="events", unit_scale=True, disable=None))


def _chunks(orders: Sequence[PastOrder], *, what: str) -> Iterable[Sequence[PastOrder]]:
    starts = range(0, len(orders), CHUNK)
    return (orders[start : start + CHUNK] for start in tqdm(starts, desc=what, disable=None))


def _additions(history: History, *, stocked: Sequence[Stocked]) -> CartAdditions:
    return additions(history.behaviour, stocked=stocked, rng=history.plan.generator("additions"))


def _store_products(assortment: Assortment, *, sellers: dict[str, int], plan: Plan) -> None:
    _store_first(assortment, sellers=sellers, plan=plan)
    for name, seller_id in tqdm(sellers.items(), desc="products by seller", disable=None):
        own = [
            product
            for product, seller in zip(assortment.products, assortment.sellers, strict=True)
            if seller == name
        ]
        for start in range(0, len(own), CHUNK):
            upsert_products(
                own[start : start + CHUNK], source=SOURCE, seller_id=seller_id, by=ACTOR, now=plan.begins_at
            )


def _store_first(assortment: Assortment, *, sellers: dict[str, int], plan: Plan) -> None:
    """Store the product that gets the first id.

    Examples in the documentation buy product 1 without a variant, so it is active and has only one variant.
    """
    first, seller = next(
        (product, seller)
        for product, seller in zip(assortment.products, assortment.sellers, strict=True)
        if product.is_active and len(product.variants) == 1
    )
    upsert_products([first], source=SOURCE, seller_id=sellers[seller], by=ACTOR, now=plan.begins_at)


def _reference(position: int) -> str:
    return f"product-{position + 1}"


def _product_ids(plan: Plan) -> list[int]:
    rows = Product.objects.filter(source=SOURCE)
    ids = dict(rows.values_list("source_reference", "pk"))
    return [ids[_reference(position)] for position in range(plan.products)]


def stocked_products(plan: Plan) -> list[Stocked]:
    """Return the stored variants of every product, by the position of the product."""
    rows = Variant.objects.filter(product__source=SOURCE).order_by("pk")
    by_product: dict[int, list[tuple[int, object]]] = {}
    for variant in rows.select_related("product"):
        by_product.setdefault(variant.product_id, []).append((variant.pk, seller_price(variant)))
    return [
        Stocked(*(tuple(column) for column in zip(*by_product[product_id], strict=True)))
        for product_id in _product_ids(plan)
    ]


def _store_stock(orders: Sequence[PastOrder], *, history: History) -> None:
    rows = OrderItem.objects.filter(order__source=SOURCE).select_related("order").order_by("order_id", "pk")
    past = ((order, item) for order in orders for item in order.items)
    sold = [Sold(row, order, item) for row, (order, item) in zip(rows, past, strict=True)]
    plan = history.plan
    variants = Variant.objects.filter(product__source=SOURCE).order_by("pk")
    since = dict(variants.values_list("pk", "product__created_at"))
    record_ledger(
        sold,
        on_sale_since={pk: max(created_at, plan.begins_at) for pk, created_at in since.items()},
        restocked_at=plan.begins_at + (plan.now - plan.begins_at) / 2,
        now=plan.now,
        rng=plan.generator("stock"),
    )


def _fill_carts(
    history: History, *, added: CartAdditions, stocked: Sequence[Stocked], user_ids: Sequence[int]
) -> None:
    """Fill carts with recent additions that were neither ordered nor removed, while stock lasts."""
    clicks, shown = history.behaviour.clicks, history.behaviour.shown
    since = (history.plan.now - CART_AGE - history.plan.begins_at).total_seconds()
    left = clicks.added & ~clicks.ordered & ~clicks.removed & (clicks.seconds > since)
    available = {variant.pk: variant.available for variant in Variant.objects.filter(product__is_active=True)}
    for click in np.flatnonzero(left)[-OPEN_CARTS:]:
        shopper = int(shown.shoppers[clicks.shown[click]])
        variant_id = stocked[clicks.products[click]].variant_ids[added.places[click]]
        units = int(clicks.units[click])
        available[variant_id] = available.get(variant_id, 0) - units
        if available[variant_id] < 0:
            continue
        exposure = history.exposures[clicks.shown[click]] if added.named[click] else None
        at = history.plan.begins_at + timedelta(seconds=float(clicks.seconds[click]) + SECONDS_TO_CART)
        claim = Claim(exposure_id=exposure, shopper_key=history.shop.population.keys[shopper], added_at=at)
        owner = Owner(user_id=user_ids[shopper])
        add_item(owner, product_id=None, variant_id=variant_id, quantity=units, claim=claim)


def shop_is_empty() -> bool:
    """Return whether the shop has no products and none of the accounts that this app creates."""
    generated = Q(source=SOURCE) | Q(phone__in=accounts.DEMO_PHONES)
    return not Product.objects.exists() and not User.objects.filter(generated).exists()
