"""The generated shop in the database and in the warehouse, and the command that creates it."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from rest_framework.test import APIClient

from analytics_pipeline import reports
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics.subscribers import OrderFacts
from backend.api.owners import Owner
from backend.api.rows import last_rows
from backend.carts.models import CartItem
from backend.carts.services import Claim, add_item
from backend.catalog.models import Product, Variant
from backend.engines import warehouse as engines
from backend.inventory.models import (
    AvailabilityChange,
    InventoryTransaction,
    ReservationState,
    TransactionType,
)
from backend.inventory.services import Entry, record_many
from backend.orders.checkout import Purchase, place_order
from backend.orders.models import Movement, MovementKind, Order, OrderItem, OrderStatus
from backend.orders.pricing import tariff
from backend.outbox.relay import drain
from backend.reviews.counting import recount_ratings
from backend.reviews.models import Review, ReviewState
from backend.search.rules.live import read_rules
from demo import accounts
from demo.plan import Progress
from demo.populate import History, load_events, store
from demo.reviews import PENDING
from indexing.filters import NO_FILTERS
from indexing.rules.outcome import apply
from tests.backend.shop import SYSTEM
from tests.demo.conftest import SMALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SIZES = ["--products=60", "--customers=20", "--days=5", "--no-wait"]


def populate() -> str:
    out = StringIO()
    call_command("populate_data", *SIZES, stdout=out)
    return out.getvalue()


@pytest.fixture
def empty_home(tmp_path: Path, settings: Any) -> Path:
    settings.VITRINE_HOME = tmp_path
    return tmp_path


def test_stock_equals_its_ledger_and_is_never_negative_and_reservations_match_open_orders(
    history: History,
) -> None:
    store(history)
    variants = Variant.objects.annotate(sum=Coalesce(Sum("inventory_transactions__effect"), 0))
    assert not variants.exclude(stock=F("sum")).exists()
    held = dict(
        OrderItem.objects.filter(reservation__state=ReservationState.COMMITTED)
        .values_list("variant_id")
        .annotate(units=Sum("quantity"))
    )
    reserved = dict(Variant.objects.filter(reserved__gt=0).values_list("pk", "reserved"))
    assert reserved == held
    assert held
    stock: dict[int, int] = {}
    for variant_id, effect in InventoryTransaction.objects.order_by("recorded_at", "-effect").values_list(
        "variant_id", "effect"
    ):
        stock[variant_id] = stock.get(variant_id, 0) + effect
        assert stock[variant_id] >= 0
    changes = AvailabilityChange.objects.order_by("pk").values_list("variant_id", "is_available")
    states: dict[int, list[bool]] = {}
    for variant_id, is_available in changes:
        states.setdefault(variant_id, []).append(is_available)
    assert [True, False, True] in states.values(), "some were sold out for a time"
    assert sum(False in each for each in states.values()) < len(states) / 2


def test_the_status_of_an_order_is_consistent_with_its_history_and_reservations(history: History) -> None:
    counts = store(history)
    assert Order.objects.count() == counts.orders > 20
    for order in Order.objects.prefetch_related("history", "items__reservation", "movements"):
        steps = [(step.status, step.changed_at) for step in order.history.all()]
        assert steps[0] == (OrderStatus.CONFIRMED, order.placed_at)
        assert steps[-1][0] == order.status
        assert [at for _, at in steps] == sorted(at for _, at in steps)
        assert steps[-1][1] < SMALL.now
        states = {item.reservation.state for item in order.items.all() if item.reservation}
        expected = {
            OrderStatus.CONFIRMED: ReservationState.COMMITTED,
            OrderStatus.CANCELLED: ReservationState.RELEASED,
        }.get(OrderStatus(order.status), ReservationState.FULFILLED)
        assert states == {expected}
    assert {OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED} <= set(
        Order.objects.values_list("status", flat=True)
    )


def test_the_amounts_of_an_order_equal_those_of_a_checkout(history: History, settings: Any) -> None:
    settings.TAX_PERCENTAGE = Decimal("8.25")
    settings.SHIPPING_COST = Decimal("4.90")
    settings.FREE_SHIPPING_FROM = Decimal(60)
    store(history)
    owner = Owner(user_id=User.objects.create(phone="+15550209999").pk)
    largest = Order.objects.annotate(lines=Sum("items__quantity")).order_by("-lines", "pk")[:5]
    for order in [*largest, *Order.objects.order_by("total_amount")[:5]]:
        items = list(order.items.select_related("variant__product"))
        Product.objects.filter(pk__in=[item.product_id for item in items]).update(is_active=True)
        _receive(items)
        for item in items:
            claim = Claim(exposure_id=None, shopper_key=None, added_at=SMALL.now)
            add_item(owner, product_id=None, variant_id=item.variant_id, quantity=item.quantity, claim=claim)
        purchase = Purchase(owner=owner, tariff=tariff(), shipping_address=order.shipping_address)
        with last_rows() as rows:
            placed = place_order(purchase, now=SMALL.now, by=SYSTEM, last_rows=rows)
        for amount in ("subtotal", "tax_amount", "shipping_cost", "total_amount", "currency"):
            assert getattr(order, amount) == getattr(placed, amount)
        assert _sold(order) == _sold(placed)


def _receive(items: list[OrderItem]) -> None:
    entries = [
        Entry(variant_id=item.variant_id, transaction_type=TransactionType.IN, quantity=item.quantity)
        for item in items
    ]
    record_many(entries, by=SYSTEM, now=SMALL.now)


def _sold(order: Order) -> list[tuple[object, ...]]:
    sales = order.movements.filter(kind=MovementKind.SALE)
    return sorted(sales.values_list("variant_id", "quantity", "amount", "seller_id", "category_path"))


def test_open_carts_contain_only_products_in_stock(history: History) -> None:
    store(history)
    assert CartItem.objects.exists()
    assert not CartItem.objects.filter(quantity__gt=F("variant__stock") - F("variant__reserved")).exists()


def test_only_three_accounts_can_log_in(history: History) -> None:
    store(history)
    for phone in accounts.DEMO_PHONES:
        response = APIClient().post("/accounts/login/", {"phone": phone, "password": "vitrine-demo"})
        assert response.status_code == 200
    others = User.objects.exclude(phone__in=accounts.DEMO_PHONES)
    assert not any(user.has_usable_password() for user in others)


def test_customers_reviewed_products_that_were_delivered_to_them(history: History) -> None:
    store(history)

    reviews = Review.objects.all()
    assert reviews.count() > 20
    assert all(reviews.values_list("is_verified", flat=True))
    assert reviews.filter(state=ReviewState.PENDING).count() == PENDING
    assert list(recount_ratings()) == []
    assert not reviews.filter(created_at__gt=SMALL.now).exists()


def test_the_shop_has_two_synonym_sets_and_a_query_rule(history: History) -> None:
    store(history)

    live = read_rules()

    assert live.synonyms.expansions(("earbuds",))[0].alternatives == (("earphones",), ("headphones",))
    assert ("perfume",) in live.synonyms.expansions(("cologne",))[0].alternatives
    found = apply(live.rules, text="blue mugs", filters=NO_FILTERS, now=SMALL.now)
    assert [boost.filters.best_seller_product for boost in found.boosts] == [True]


@pytest.mark.django_db(transaction=True)
def test_credited_and_unattributed_revenue_equal_the_ledger(history: History, warehouse: Warehouse) -> None:
    store(history)
    events = load_events(history, warehouse=warehouse)
    assert load_events(history, warehouse=warehouse) == events
    assert warehouse.value("SELECT count() FROM events FINAL") == events
    assert warehouse.value("SELECT max(occurred_at) FROM events FINAL") < SMALL.now + timedelta(seconds=1)
    drain([OrderFacts(engines.migrated())], timeout=30)
    result = reports.run(
        warehouse,
        "exposure_revenue",
        start_date=str(SMALL.begins_at.date()),
        end_date=str(SMALL.now.date()),
    )
    rows = result.records()
    gross = sum(row["gross"] for row in rows)
    unattributed = sum(row["gross"] for row in rows if not row["surface"])
    ledger = Movement.objects.filter(kind=MovementKind.SALE).aggregate(sum=Sum("amount"))["sum"]
    assert gross == ledger
    assert 0 < unattributed < gross / 4
    assert {"search", "product_list", "recommendations", ""} == {row["surface"] for row in rows}

    # What other reports need: each step of the funnel is reached, and some searches find nothing.
    funnel = {row["name"]: row["sessions"] for row in reports.run(warehouse, "funnel").records()}
    assert funnel["carted"] > funnel["checkout"] > funnel["order"] > 0
    empty = {row["query"] for row in reports.run(warehouse, "empty_searches").records()}
    assert empty
    assert empty <= set(history.shop.vocabulary.unsold)


def test_the_command_does_not_change_a_shop_that_is_not_empty(empty_home: Path, warehouse: Warehouse) -> None:
    out = populate()
    assert "60 products, 20 customers" in out
    before = (Product.objects.count(), Movement.objects.count(), User.objects.count())
    assert "nothing was changed" in populate()
    assert (Product.objects.count(), Movement.objects.count(), User.objects.count()) == before


def test_an_interrupted_run_continues_with_the_same_events(empty_home: Path, warehouse: Warehouse) -> None:
    populate()
    path = empty_home / "populate_data.json"
    finished = Progress.read(path)
    assert finished is not None
    assert finished.is_finished
    ids = "SELECT groupUniqArray(toString(event_id)) FROM events FINAL"
    before = set(warehouse.value(ids))
    warehouse.command("TRUNCATE TABLE events")
    Progress(finished.plan, is_finished=False).write(path)
    assert f"{len(before):,} events" in populate()
    assert set(warehouse.value(ids)) == before


def test_the_command_refuses_a_production_shop(settings: Any) -> None:
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="production"):
        populate()
    assert not User.objects.exists()
