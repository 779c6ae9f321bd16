"""Documents match the published schemas."""

import jsonschema
import pytest

from backend.inventory.models import StockAlert
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.webhooks.documents import document_of
from backend.webhooks.event_types import BY_NAME, EVENT_TYPES, Family
from backend.webhooks.models import WebhookEvent
from backend.webhooks.schemas import add_webhooks, schema_of
from backend.webhooks.services import ping
from backend.webhooks.subscribers import WebhookEvents
from tests.backend.shop import NOW, SYSTEM
from tests.backend.webhooks.conftest import Clock, endpoint
from tests.backend.webhooks.test_events import an_order, publish, repriced


@pytest.mark.stores
@pytest.mark.django_db
def test_documents_of_every_family_match_their_schema(clock: Clock) -> None:
    row = endpoint()
    order, ours, _ = an_order(clock)
    endpoint("https://b.example/", seller=order.items.get(seller=ours).seller)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    lamp = repriced()
    alert = StockAlert.objects.create(
        variant=lamp, level="OUT", previous_level="LOW", available=0, threshold=5, created_at=NOW
    )
    publish(clock)
    WebhookEvents(clock=clock).handle([Notice(Topic.STOCK_ALERT, str(alert.pk))])
    ping(row.pk, by=SYSTEM, now=NOW)

    families = set()
    for event in WebhookEvent.objects.all():
        family = BY_NAME[event.type].family
        families.add(family)
        document = document_of(event)
        jsonschema.validate(document, schema_of(family))
        named = schema_of(family)["properties"]["data"]["properties"]
        assert set(document["data"]) == set(named), event.type
    assert families == set(Family)


def test_the_document_of_the_api_has_every_type() -> None:
    result = add_webhooks({})

    names = [
        name
        for path in result["webhooks"].values()
        for name in path["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][
            "type"
        ]["enum"]
    ]
    assert set(names) == {each.name for each in EVENT_TYPES} | {"endpoint.ping"}
