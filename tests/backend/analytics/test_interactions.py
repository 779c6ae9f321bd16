"""GET /api/analytics/interactions/: each interaction once, of the account behind it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from msgspec.structs import replace

from analytics_pipeline import ingest
from analytics_pipeline.events import AnyEvent, CartAdd, Carted, Record, View, WishlistAdd
from analytics_pipeline.events import Review as Reported
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import ShopperLink, User
from backend.analytics.interactions import interactions_for
from backend.analytics.serializers import InteractionParameters
from backend.api.pagination import PageSpan
from backend.catalog.models import Product
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.reviews.models import Review, ReviewState
from tests.analytics_pipeline.samples import id_at, record
from tests.backend.analytics.conftest import NOW, deliver
from tests.backend.shop import client_of

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = uuid4()
PATH = "/api/analytics/interactions/"
MONTHS = {"start_date": "2026-01-01", "end_date": "2026-03-10"}


def at(**ago: float) -> Any:
    return id_at(NOW - timedelta(**ago))


def of(event: AnyEvent, user: User | None) -> Record:
    return record(event, shopper_key=GUEST if user is None else user.shopper_key)


@pytest.fixture
def interacted(warehouse: Warehouse, sold: list[Product], customer: User) -> list[Product]:
    """A customer who buys (`sold`), was a guest before, and did something with both products."""
    lamp, vase = sold
    link = ShopperLink.objects.create(anonymous_id=GUEST, user=customer, linked_at=NOW)
    rated = Review.objects.create(
        product=vase,
        author=customer,
        state=ReviewState.PUBLISHED,
        rating=4,
        is_tracked=True,
        created_at=NOW - timedelta(days=40),
    )
    with transaction.atomic():
        publish(Topic.SHOPPER_LINKED, link.pk)
        publish(Topic.REVIEW, rated.pk)
    deliver()
    view = of(View(event_id=at(hours=1), product_id=lamp.pk), None)
    wish = of(WishlistAdd(event_id=at(hours=2), product_id=vase.pk), customer)
    ingest.load(
        warehouse,
        [
            view,
            view,
            of(Carted(event_id=at(minutes=30), product_id=lamp.pk, quantity=3), customer),
            # The client's report of the same addition.
            of(CartAdd(event_id=at(minutes=30), product_id=lamp.pk, quantity=3), customer),
            wish,
            # Anybody can report a rating.
            of(Reported(event_id=at(days=40), product_id=vase.pk, rating=1), customer),
            replace(of(View(event_id=at(hours=3), product_id=lamp.pk), customer), is_bot=True),
            replace(view, event=View(event_id=at(hours=4), product_id=lamp.pk), shopper_key=None),
        ],
    )
    return sold


def shown(caller: User, **parameters: str | int) -> list[tuple[str, int, float, int | None]]:
    """Return type, product, value and user of each interaction, of the three months to NOW unless others are given."""
    response = client_of(caller).get(PATH, {**MONTHS, **parameters})
    assert response.status_code == 200, response.json()
    body = response.json()
    assert body["count"] >= len(body["results"])
    return [
        (each["interaction_type"], each["product"], each["value"], each["user"]) for each in body["results"]
    ]


def test_each_interaction_of_an_account_is_listed_once_the_newest_first(
    interacted: list[Product], staff: User, customer: User
) -> None:
    lamp, vase = (product.pk for product in interacted)
    everything = [
        *sorted([("PURCHASE", lamp, 3.0, customer.pk), ("PURCHASE", vase, 1.0, customer.pk)]),
        ("ADD_TO_CART", lamp, 3.0, customer.pk),
        ("VIEW", lamp, 1.0, customer.pk),
        ("WISHLIST", vase, 1.0, customer.pk),
        ("RATING", vase, 4.0, customer.pk),
    ]
    # Both products were bought at one time.
    assert sorted(shown(staff)[:2]) == everything[:2]
    assert shown(staff)[2:] == shown(staff, user=customer.pk)[2:] == everything[2:]
    assert shown(staff, product=vase) == [everything[1], *everything[4:]]
    assert shown(staff, interaction_type="VIEW") == everything[3:4]
    assert len(shown(staff, user_key=str(customer.shopper_key), start_date="2026-03-10")) == 5
    assert shown(staff, end_date="2026-03-09") == everything[5:]
    assert (
        shown(staff, user=staff.pk)
        == shown(staff, user=999_999)
        == shown(staff, start_date="3000-01-01", end_date="3000-01-02")
        == []
    )

    page = client_of(staff).get(PATH, MONTHS | {"page": "2", "page_size": "2"}).json()
    assert (page["count"], page["total_pages"], len(page["results"])) == (6, 3, 2)
    (_, viewed) = page["results"]
    assert datetime.fromisoformat(viewed["timestamp"]) == NOW - timedelta(hours=1)
    assert (
        client_of(staff).get(PATH, MONTHS | {"page": "4", "page_size": "2"}).json()["code"]
        == "page_not_found"
    )
    assert (
        client_of(staff).get(PATH, {"start_date": "2026-03-02", "end_date": "2026-03-01"}).status_code == 400
    )


def test_staff_without_the_area_of_customers_see_keys_instead_of_accounts(
    interacted: list[Product], customer: User
) -> None:
    analyst = User.objects.create(
        phone="+15550000009", is_staff=True, areas=stored_areas([StaffArea.REPORTS])
    )
    assert {user for *_, user in shown(analyst)} == {None}
    assert len(shown(analyst, user_key=str(customer.shopper_key))) == 6
    refused = client_of(analyst).get(PATH, {"user": customer.pk})
    assert (refused.status_code, refused.json()["code"]) == (403, "customers_not_visible")


def test_a_period_of_which_an_end_is_not_given_has_seven_days(interacted: list[Product], staff: User) -> None:
    def found(**given: str) -> int:
        parameters = InteractionParameters(data=given)
        parameters.is_valid(raise_exception=True)
        span, now = PageSpan(page=1, page_size=10), NOW + timedelta(days=6)
        return interactions_for(staff, parameters.validated_data, span=span, now=now)[0]

    assert found() == 5
    assert found(end_date="2026-03-15") == found(start_date="2026-03-04") == 5
    assert found(end_date="2026-03-17") == found(start_date="2026-03-03") == 0
    assert found(start_date="2026-01-01", end_date="2026-03-10") == 6
    assert found(start_date="9999-12-30") == found(end_date="0001-01-02") == 0
