"""Endpoints and deliveries through the API."""

import json
from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.areas import StaffArea, stored_areas
from backend.audit.models import AuditEntry
from backend.webhooks.models import WebhookDelivery, WebhookDeliveryState, WebhookEndpoint, WebhookEvent
from backend.webhooks.services import LIMIT
from tests.backend.shop import NOW, client_of, customer, seller
from tests.backend.webhooks.conftest import Clock, Sending, answer, endpoint, event, numbers

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PATH = "/api/webhooks/endpoints/"
INPUT = {"url": "https://erp.example/webhooks", "event_types": ["order.confirmed", "stock.low"]}


def clerk() -> Any:
    return client_of(customer(is_staff=True, areas=stored_areas([StaffArea.WEBHOOKS])))


def test_the_secret_is_shown_when_it_is_made_and_never_again() -> None:
    client = clerk()

    made = client.post(PATH, INPUT, format="json").json()["data"]
    rotated = client.post(f"{PATH}{made['id']}/rotate-secret/").json()["data"]

    assert made["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    shown = client.get(f"{PATH}{made['id']}/").json()["data"]
    assert "secret" not in shown
    row = WebhookEndpoint.objects.get()
    assert (row.seller_id, row.event_types) == (None, INPUT["event_types"])
    log = json.dumps(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert rotated["secret"] not in log
    assert AuditEntry.objects.filter(action="webhooks.signing_key_replaced").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://erp.example/"),
        ("url", "https://10.0.0.1/"),
        ("url", "https://user:secret@erp.example/"),
        ("event_types", ["order.unknown"]),
        ("event_types", ["payment.captured"]),
        ("event_types", []),
    ],
)
def test_what_a_seller_can_not_choose(field: str, value: object) -> None:
    response = client_of(seller()).post(PATH, INPUT | {field: value}, format="json")

    assert response.status_code == 400
    assert field in response.json()["details"]


def test_a_seller_has_a_limited_number_of_endpoints_and_sees_only_those() -> None:
    owner = seller()
    endpoint()
    for _ in range(LIMIT):
        endpoint(seller=owner)
    client = client_of(owner)

    response = client.post(PATH, INPUT, format="json")

    assert (response.status_code, response.json()["code"]) == (409, "webhook_endpoint_limit")
    assert client.get(PATH).json()["count"] == LIMIT
    assert clerk().get(PATH).json()["count"] == LIMIT + 1


def test_a_ping_waits_for_nothing(sending: Sending, clock: Clock) -> None:
    row = endpoint(types=["stock.low"])
    event(1, name="stock.low")
    WebhookDelivery.objects.update(due_at=NOW + timedelta(days=10_000))

    response = clerk().post(f"{PATH}{row.pk}/ping/")
    clock.now = WebhookDelivery.objects.latest("pk").due_at
    delivery = sending.sender.claim()

    assert response.status_code == 201
    assert delivery is not None
    sending.sender.send(delivery)
    assert json.loads(sending.client.sent[-1][1])["type"] == "endpoint.ping"


def test_the_log_has_the_document_and_the_responses(sending: Sending) -> None:
    row = endpoint()
    event(1)
    sending.client.answers[row.url] = answer(500, body=b"broken")
    sending.all_due()
    client = clerk()

    (listed,) = client.get(f"{PATH}{row.pk}/deliveries/?state=PENDING&type=order.placed").json()["results"]
    shown = client.get(f"/api/webhooks/deliveries/{listed['id']}/").json()["data"]

    assert (listed["status"], listed["attempts"], listed["reason"]) == (500, 1, "The receiver answered 500.")
    assert json.loads(shown["request_body"])["data"] == {"number": 1}
    assert [(each["status"], each["response_body"]) for each in shown["log"]] == [(500, "broken")]


def test_a_replay_has_the_same_id(sending: Sending, clock: Clock) -> None:
    endpoint()
    event(1)
    sending.all_due()
    row = WebhookDelivery.objects.get()

    response = clerk().post(f"/api/webhooks/deliveries/{row.pk}/replay/")
    clock.now = WebhookDelivery.objects.get().due_at
    again = clerk().post(f"/api/webhooks/deliveries/{row.pk}/replay/")
    sending.all_due()

    assert response.status_code == 200
    assert again.json()["code"] == "webhook_delivery_unfinished"
    one, other = (headers["webhook-id"] for _, _, headers in sending.client.sent)
    assert one == other


@pytest.mark.parametrize(("only_failed", "replayed"), [(True, [2]), (False, [1, 2])])
def test_a_time_is_replayed(sending: Sending, clock: Clock, only_failed: bool, replayed: list[int]) -> None:
    row = endpoint()
    for number, hours in ((1, 0), (2, 1), (3, 2)):
        event(number, of=f"order:{number}", at=NOW + timedelta(hours=hours))
    clock.pass_(hours=3)
    sending.all_due()
    WebhookDelivery.objects.filter(event__source="test:2").update(state=WebhookDeliveryState.FAILED)
    sending.client.sent.clear()

    body = {"since": NOW, "until": NOW + timedelta(hours=2), "only_failed": only_failed}
    response = clerk().post(f"{PATH}{row.pk}/replay/", body, format="json")
    clock.now = WebhookDelivery.objects.latest("due_at").due_at
    sending.all_due()

    assert response.json()["data"] == {"replayed": len(replayed)}
    assert numbers(sending.client) == replayed


def test_discarding_lets_later_events_pass(sending: Sending) -> None:
    row = endpoint()
    event(1)
    event(2)
    sending.client.answers[row.url] = answer(400)
    sending.all_due()
    sending.client.answers.clear()
    assert sending.all_due() == 0

    waiting = WebhookDelivery.objects.earliest("event")
    response = clerk().post(f"/api/webhooks/deliveries/{waiting.pk}/discard/")

    assert response.json()["data"]["state"] == "FAILED"
    assert sending.all_due() == 1
    repeated = clerk().post(f"/api/webhooks/deliveries/{waiting.pk}/discard/")
    assert repeated.json()["code"] == "webhook_delivery_finished"


def test_pausing_and_resuming(sending: Sending) -> None:
    row = endpoint(failures=7)
    client = clerk()
    client.post(f"{PATH}{row.pk}/pause/")
    event(1)
    assert sending.all_due() == 0

    resumed = client.post(f"{PATH}{row.pk}/resume/").json()["data"]

    assert (resumed["state"], resumed["failures"]) == ("ACTIVE", 0)
    assert sending.all_due() == 1


def test_a_deleted_endpoint_leaves_no_deliveries(sending: Sending) -> None:
    row = endpoint()
    event(1)
    claimed = sending.sender.claim()
    assert claimed is not None

    assert clerk().delete(f"{PATH}{row.pk}/").status_code == 200
    assert sending.sender.send(claimed) is True
    assert not WebhookDelivery.objects.exists()
    assert WebhookEvent.objects.count() == 1


def test_changing_an_endpoint() -> None:
    row = endpoint()

    response = clerk().patch(f"{PATH}{row.pk}/", {"url": "https://b.example/x"}, format="json")

    assert response.json()["data"]["url"] == "https://b.example/x"
    entry = AuditEntry.objects.get(action="webhooks.endpoint_changed")
    assert entry.changes == {"url": ["https://a.example/", "https://b.example/x"]}
