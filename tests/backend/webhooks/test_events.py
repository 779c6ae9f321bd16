"""Which facts make events, in which scope, and with what."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from backend.catalog.models import Variant
from backend.catalog.services import delete_product, update_product
from backend.inventory.models import StockAlert, StockLevel
from backend.orders.fulfilment_models import Shipment
from backend.orders.models import Order, OrderStatusHistory
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import BY_VALUE, Topic
from backend.privacy.services import erase_customer
from backend.webhooks.documents import body_of, document_of
from backend.webhooks.models import WebhookDelivery, WebhookEvent
from backend.webhooks.recording import NewEvent, record_events
from backend.webhooks.subscribers import WebhookEvents
from backend.webhooks.wanted import Wanted
from tests.backend.orders.steps import ADDRESS, order_of
from tests.backend.shop import NOW, SYSTEM, customer, seller, variant
from tests.backend.webhooks.conftest import Clock, endpoint

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


def publish(clock: Clock) -> list[str]:
    """Hand all messages of the outbox to the subscriber, and return the types of the new events."""
    last = WebhookEvent.objects.count()
    subscriber = WebhookEvents(clock=clock)
    notices = [
        Notice(topic, row.key)
        for row in Message.objects.order_by("pk")
        if (topic := BY_VALUE[row.topic]) in subscriber.topics
    ]
    Message.objects.all().delete()
    subscriber.handle(notices)
    return list(WebhookEvent.objects.order_by("pk").values_list("type", flat=True))[last:]


def an_order(clock: Clock) -> tuple[Order, int, int]:
    """Return an order with items of two sellers, whose ids are returned too."""
    ours, theirs = variant(title="Lamp"), variant(title="Vase")
    buyer = customer(email="ada@example.org", first_name="Ada", last_name="Lovelace")
    order = order_of(buyer, {ours.pk: 2, theirs.pk: 1})
    return order, ours.product.seller_id, theirs.product.seller_id


def test_an_order_is_told_to_the_shop_as_a_whole_and_to_each_seller_in_part(clock: Clock) -> None:
    order, ours, theirs = an_order(clock)
    lamp = order.items.get(seller=ours)
    endpoint(types=["order.confirmed"])
    endpoint("https://b.example/", seller=lamp.seller, types=["order.confirmed"])
    endpoint("https://c.example/", seller=seller(), types=["order.confirmed"])

    assert publish(clock) == ["order.confirmed", "order.confirmed"]

    whole, part = (
        WebhookEvent.objects.get(seller=None).data,
        WebhookEvent.objects.get(seller=ours).data,
    )
    assert [item["seller_id"] for item in whole["items"]] == [ours, theirs]
    assert whole["amounts"]["total"] == "30.00"
    assert part["amounts"] is None
    assert [(item["item_id"], item["quantity"], item["total_price"]) for item in part["items"]] == [
        (lamp.pk, 2, "20.00")
    ]
    assert WebhookDelivery.objects.count() == 2


def test_a_fact_that_is_delivered_twice_makes_one_event(clock: Clock) -> None:
    an_order(clock)
    endpoint(types=["order.confirmed"])
    step = OrderStatusHistory.objects.get(status="CONFIRMED")
    notices = [Notice(Topic.ORDER_STEP, str(step.pk))]

    for _ in range(2):
        WebhookEvents(clock=clock).handle(notices)

    assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 1)


def test_an_endpoint_gets_nothing_from_before_it_was_made(clock: Clock) -> None:
    an_order(clock)
    endpoint(created_at=NOW + timedelta(seconds=1))

    assert publish(clock) == []


def test_what_happened_long_ago_makes_no_event(clock: Clock) -> None:
    an_order(clock)
    endpoint(types=["order.confirmed"], created_at=NOW - timedelta(days=90))
    clock.pass_(days=4)

    assert publish(clock) == []


def test_shipments_and_payments_follow_the_order(clock: Clock) -> None:
    endpoint(
        types=[
            "order.confirmed",
            "order.delivered",
            "shipment.created",
            "shipment.delivered",
            "payment.captured",
        ]
    )
    order, *_ = an_order(clock)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    first = publish(clock)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    second = publish(clock)
    order.refresh_from_db()
    publish(clock)

    assert sorted(first) == ["order.confirmed", "shipment.created", "shipment.created"]
    assert sorted(second) == [
        "order.delivered",
        "payment.captured",
        "shipment.delivered",
        "shipment.delivered",
    ]
    assert {row.object for row in WebhookEvent.objects.all()} == {f"order:{order.order_number}"}


def test_documents_have_no_personal_data(clock: Clock) -> None:
    endpoint()
    order, *_ = an_order(clock)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    Shipment.objects.update(carrier="DHL", tracking_number="TRACK-1")
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    publish(clock)

    sent = b"".join(body_of(row) for row in WebhookEvent.objects.all()).decode()
    assert "order.delivered" in sent
    buyer = order.user
    assert buyer is not None
    personal = [buyer.phone, "Ada", "Lovelace", "example.org", "TRACK-1", ADDRESS["street"], ADDRESS["city"]]
    assert [text for text in personal if text and text in sent] == []
    assert '"user' not in sent
    assert '"customer' not in sent


def test_a_product_is_created_updated_and_deleted(clock: Clock) -> None:
    endpoint(types=["product.created", "product.updated", "product.deleted"])
    lamp = variant(title="Lamp", stock=1).product
    created = publish(clock)
    lamp.save()
    same = publish(clock)
    update_product(lamp.pk, changes={"title": "Floor lamp"}, by=SYSTEM, now=NOW)
    updated = publish(clock)
    delete_product(lamp.pk, by=SYSTEM, now=clock.now)
    deleted = publish(clock)

    assert (created, same, updated, deleted) == (
        ["product.created"],
        [],
        ["product.updated"],
        ["product.deleted"],
    )
    titles = [row.data["title"] for row in WebhookEvent.objects.order_by("pk")]
    assert titles == ["Lamp", "Floor lamp", "Floor lamp"]


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (StockLevel.SUFFICIENT, StockLevel.LOW, "stock.low"),
        (StockLevel.LOW, StockLevel.OUT, "stock.out"),
        (StockLevel.OUT, StockLevel.LOW, "stock.back"),
        (StockLevel.OUT, StockLevel.SUFFICIENT, "stock.back"),
        (StockLevel.LOW, StockLevel.SUFFICIENT, "stock.sufficient"),
    ],
)
def test_levels_of_stock(clock: Clock, before: StockLevel, after: StockLevel, name: str) -> None:
    endpoint()
    row = StockAlert.objects.create(
        variant=variant(), level=after, previous_level=before, available=3, threshold=5, created_at=NOW
    )

    WebhookEvents(clock=clock).handle([Notice(Topic.STOCK_ALERT, str(row.pk))])

    made = WebhookEvent.objects.get()
    assert (made.type, made.data["level"], made.object) == (name, after, f"product:{row.variant.product_id}")


def repriced() -> Variant:
    """Return a variant whose price was reduced."""
    lamp = variant(title="Lamp", price="10.00")
    update_product(lamp.product_id, changes={"price": Decimal(8)}, by=SYSTEM, now=NOW)
    return lamp


def test_a_changed_price(clock: Clock) -> None:
    endpoint(types=["price.changed"])
    repriced()

    assert publish(clock) == ["price.changed"]
    data = WebhookEvent.objects.get().data
    assert (data["old_price"], data["new_price"], data["currency"]) == ("10.00", "8.00", "USD")


def test_the_document_of_an_event(clock: Clock) -> None:
    endpoint(types=["order.confirmed"])
    an_order(clock)
    publish(clock)

    row = WebhookEvent.objects.get()
    document = json.loads(body_of(row))
    assert document == document_of(row)
    assert document["id"] == row.webhook_id
    assert document["timestamp"] == "2026-03-02T12:00:00Z"
    assert (document["type"], document["version"], document["sequence"]) == ("order.confirmed", 1, row.pk)


def test_erasing_a_seller_deletes_the_endpoints_and_what_they_received(clock: Clock) -> None:
    leaving = seller()
    endpoint(seller=leaving)
    kept = endpoint("https://b.example/")
    for scope in (leaving.pk, None):
        new = NewEvent(
            type="stock.low", source="test:1", object="product:1", scope=scope, occurred_at=NOW, data={}
        )
        record_events([new], wanted=Wanted.read(), now=NOW)

    erase_customer(leaving.pk, by=SYSTEM, now=NOW)

    assert list(WebhookDelivery.objects.values_list("endpoint", flat=True)) == [kept.pk]
    assert WebhookEvent.objects.get().seller_id is None
