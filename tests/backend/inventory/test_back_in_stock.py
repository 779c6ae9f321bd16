"""Back-in-stock subscriptions: a subscriber is notified once, however units become available."""

from collections.abc import Callable
from functools import partial

import pytest

from backend.accounts.models import User
from backend.catalog.models import Product, Variant
from backend.inventory import back_in_stock
from backend.inventory.models import BackInStock, BackInStockSubscription, StockAlert, TransactionType
from backend.inventory.reservations import release, reserve
from backend.inventory.services import Entry, record_many
from backend.inventory.subscribers import StockAlerts
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.shop import NOW, client_of
from tests.backend.together import kinds, together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def subscribe(user: User, variant: Variant) -> BackInStockSubscription:
    variant.refresh_from_db()
    return back_in_stock.subscribe(user, variant=variant, by=shop.SYSTEM, now=NOW)


def handle(variant: Variant) -> None:
    """Deliver the product's message to inventory's subscriber."""
    StockAlerts(clock=lambda: NOW).handle([Notice(Topic.PRODUCT, str(variant.product_id))])


def published_facts() -> list[tuple[int, int]]:
    """Return the user and the variant of each published back-in-stock fact, in order."""
    facts = BackInStock.objects.in_bulk()
    keys = Message.objects.filter(topic=Topic.BACK_IN_STOCK).order_by("pk").values_list("key", flat=True)
    assert sorted(int(key) for key in keys) == sorted(facts)
    return [(facts[int(key)].user_id, facts[int(key)].variant_id) for key in keys]


def path_of(variant: Variant) -> str:
    return f"/api/products/{variant.product_id}/back-in-stock/"


def receipt(variant: Variant) -> None:
    shop.receive({variant.pk: 3})


def entry(transaction_type: str) -> Callable[[Variant], None]:
    def act(variant: Variant) -> None:
        record_many(
            [Entry(variant_id=variant.pk, transaction_type=transaction_type, quantity=2)],
            by=shop.SYSTEM,
            now=NOW,
        )

    return act


def cancellation(variant: Variant) -> None:
    release(list(variant.reservations.values_list("pk", flat=True)), by=shop.SYSTEM, now=NOW)


@pytest.mark.parametrize(
    "make_available",
    [receipt, entry(TransactionType.RETURN), entry(TransactionType.ADJUSTMENT), cancellation],
    ids=["receipt", "return", "adjustment", "cancellation"],
)
def test_subscribers_are_notified_once_however_units_become_available(
    make_available: Callable[[Variant], None],
) -> None:
    lamp, first_customer, second_customer = shop.variant(stock=5), shop.customer(), shop.customer()
    reserve({lamp.pk: 5}, reference="order", now=NOW)
    subscribe(first_customer, lamp)
    subscribe(second_customer, lamp)
    handle(lamp)
    assert published_facts() == []

    make_available(lamp)
    handle(lamp)
    handle(lamp)

    assert published_facts() == [(first_customer.pk, lamp.pk), (second_customer.pk, lamp.pk)]
    assert BackInStockSubscription.objects.count() == 0


def test_a_subscriber_is_notified_once_if_stock_repeatedly_comes_and_goes() -> None:
    lamp, first_customer = shop.variant(stock=0), shop.customer()
    subscribe(first_customer, lamp)
    for _ in range(3):
        shop.receive({lamp.pk: 1})
        handle(lamp)
        reserve({lamp.pk: 1}, reference="order", now=NOW)
        handle(lamp)
    assert published_facts() == [(first_customer.pk, lamp.pk)]


def test_stock_that_is_sold_before_the_check_causes_no_notification_and_keeps_the_subscription() -> None:
    lamp, first_customer = shop.variant(stock=0), shop.customer()
    subscribe(first_customer, lamp)
    shop.receive({lamp.pk: 1})
    reserve({lamp.pk: 1}, reference="order", now=NOW)
    handle(lamp)
    assert published_facts() == []
    assert BackInStockSubscription.objects.count() == 1


@pytest.mark.parametrize("hidden", [Product, Variant])
def test_subscribers_of_an_inactive_variant_are_notified_when_it_becomes_active(
    hidden: type[Product | Variant],
) -> None:
    lamp, first_customer = shop.variant(stock=0), shop.customer()
    subscribe(first_customer, lamp)
    shop.receive({lamp.pk: 1})
    hidden._default_manager.update(is_active=False)
    handle(lamp)
    assert published_facts() == []
    hidden._default_manager.update(is_active=True)
    handle(lamp)
    assert published_facts() == [(first_customer.pk, lamp.pk)]


def test_subscribing_publishes_the_product_because_stock_may_have_arrived_meanwhile() -> None:
    lamp, first_customer = shop.variant(stock=0), shop.customer()
    out_of_stock = Variant.objects.select_related("product").get(pk=lamp.pk)
    shop.receive({lamp.pk: 1})
    handle(lamp)
    before = Message.objects.filter(topic=Topic.PRODUCT).count()

    back_in_stock.subscribe(first_customer, variant=out_of_stock, by=shop.SYSTEM, now=NOW)

    assert Message.objects.filter(topic=Topic.PRODUCT).count() == before + 1
    handle(lamp)
    assert published_facts() == [(first_customer.pk, lamp.pk)]


def test_a_message_that_several_processes_handle_notifies_each_subscriber_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(back_in_stock, "TOLD_AT_ONCE", 3)
    lamp = shop.variant(stock=0)
    for _ in range(8):
        subscribe(shop.customer(), lamp)
    shop.receive({lamp.pk: 1})

    together(*[lambda: handle(lamp)] * 4)
    handle(lamp)

    assert len(published_facts()) == len(set(published_facts())) == 8


def test_concurrent_requests_create_one_subscription() -> None:
    lamp, first_customer = shop.variant(stock=0), shop.customer()
    client = client_of(first_customer)
    together(*[lambda: client_of(first_customer).post(path_of(lamp))] * 4)

    (row,) = client.get(path_of(lamp)).json()["data"]
    assert (row["product"], row["variant"], row["sku"]) == (lamp.product_id, lamp.pk, lamp.sku)


def test_concurrent_requests_do_not_exceed_the_limit_of_subscriptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(back_in_stock, "SUBSCRIPTIONS_PER_USER", 3)
    first_customer, variants = shop.customer(), [shop.variant(stock=0) for _ in range(10)]

    outcomes = together(*[partial(subscribe, first_customer, variant) for variant in variants])

    assert kinds(outcomes) == ["BackInStockSubscription"] * 3 + ["TooManySubscriptions"] * 7
    assert BackInStockSubscription.objects.filter(user=first_customer).count() == 3


def test_a_customer_creates_lists_and_deletes_subscriptions() -> None:
    small, large = shop.product(stock=[0, 0]).variants.order_by("pk")
    client, other = client_of(shop.customer()), client_of(shop.customer())

    refused = client.post(path_of(small))
    assert refused.json()["code"] == "variant_required"
    for variant in (small, large):
        assert client.post(path_of(small), {"variant_id": variant.pk}).status_code == 201
    assert client.get("/api/products/back-in-stock/").json()["count"] == 2
    assert other.get("/api/products/back-in-stock/").json()["count"] == 0

    other.delete(path_of(small))
    remaining = client.delete(f"{path_of(small)}?variant_id={small.pk}").json()["data"]
    assert [row["variant"] for row in remaining] == [large.pk]
    assert client.delete(path_of(small)).json()["data"] == []


def test_an_available_unknown_or_foreign_variant_and_too_many_subscriptions_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lamp, kettle = shop.variant(stock=2), shop.variant(stock=0)
    client = client_of(shop.customer())
    refused = client.post(path_of(lamp))
    assert (refused.status_code, refused.json()["code"]) == (409, "variant_available")
    assert refused.json()["details"] == {"variant_id": lamp.pk, "available": 2}
    assert client.post("/api/products/999999/back-in-stock/").json()["code"] == "product_not_found"
    assert client.post(path_of(lamp), {"variant_id": kettle.pk}).json()["code"] == "invalid_input"
    assert client_of(None).post(path_of(kettle)).status_code == 401

    monkeypatch.setattr(back_in_stock, "SUBSCRIPTIONS_PER_USER", 1)
    assert client.post(path_of(kettle)).status_code == 201
    assert client.post(path_of(kettle)).status_code == 201
    third = client.post(path_of(shop.variant(stock=0)))
    assert (third.status_code, third.json()["details"]) == (409, {"maximum": 1})


def test_one_message_updates_alerts_and_notifies_subscribers() -> None:
    lamp, first_customer = shop.variant(stock=5), shop.customer()
    handle(lamp)
    reservations = reserve({lamp.pk: 5}, reference="order", now=NOW)
    handle(lamp)
    subscribe(first_customer, lamp)
    release([row.pk for row in reservations.values()], by=shop.SYSTEM, now=NOW)
    handle(lamp)
    assert [str(alert.level) for alert in StockAlert.objects.order_by("pk")] == ["OUT", "LOW"]
    assert published_facts() == [(first_customer.pk, lamp.pk)]
