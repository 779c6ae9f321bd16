"""What intake remembers of a shopper's events: the last products and the views of the session."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, Error, InterfaceError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from backend.accounts.models import User
from backend.accounts.services import log_in
from backend.catalog import known_products
from backend.catalog.known_products import KNOWN_PRODUCTS, KnownProducts
from backend.catalog.models import Product
from backend.engines.streams import recent_products, session_views
from backend.outbox.relay import drain
from backend.tracking.subscribers import GuestRecentProducts
from tests.analytics_pipeline.samples import append_interactions
from tests.backend.shop import product
from tests.backend.tracking.conftest import GUEST, send, view

NOW = datetime(2026, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_known_or_remembered(redis_url: str) -> Iterator[None]:
    KNOWN_PRODUCTS.forget()
    _forget_guest()
    yield
    KNOWN_PRODUCTS.forget()
    _forget_guest()


def _forget_guest() -> None:
    recent_products().forget(GUEST)
    session_views().forget(GUEST)


@pytest.fixture
def shop() -> list[Product]:
    return [product(title=f"Lamp {number}") for number in range(3)]


def test_interactions_count_for_the_last_products_and_views_alone_for_the_session(
    guest: APIClient, stream: Stream, shop: list[Product]
) -> None:
    one, two, three = (each.pk for each in shop)

    send(guest, view(product_id=one), view(type="click", product_id=two))
    send(guest, view(type="cart_remove", product_id=three), view(product_id=one))

    assert recent_products().with_session(GUEST) == ([one, two], [one, one])


def test_the_latest_of_several_interactions_counts_whatever_their_order(
    guest: APIClient, stream: Stream, shop: list[Product]
) -> None:
    one, two, _ = (each.pk for each in shop)
    third = uuid7()
    second, first = (str(UUID(int=third.int - (seconds * 1_000 << 80))) for seconds in (1, 2))
    batch = [
        view(product_id=one, event_id=str(third)),
        view(product_id=two, event_id=second),
        view(product_id=one, event_id=first),
    ]

    for _ in range(2):
        send(guest, *batch)

    assert recent_products().with_session(GUEST) == ([one, two], [one, two, one])


def test_views_of_products_that_do_not_exist_change_nothing(
    guest: APIClient, stream: Stream, shop: list[Product]
) -> None:
    known = [each.pk for each in shop]
    send(guest, *(view(product_id=each) for each in known))
    deleted = product(title="Deleted", deleted_at=NOW).pk

    unknown = [deleted, 2**63 - 1, *range(10**9, 10**9 + 50)]
    assert send(guest, *(view(product_id=each) for each in unknown)).json()["data"]["accepted"] == 52

    assert recent_products().with_session(GUEST) == (known[::-1], known)


def test_a_product_counts_as_soon_as_it_is_created(guest: APIClient, stream: Stream) -> None:
    new = 10**9
    send(guest, view(product_id=new))
    assert session_views().of(GUEST) == []

    product(pk=new)
    send(guest, view(product_id=new))

    assert session_views().of(GUEST) == [new]


def test_known_products_need_no_query(guest: APIClient, stream: Stream, shop: list[Product]) -> None:
    send(guest, view(product_id=shop[0].pk))

    with CaptureQueriesContext(connection) as queries:
        send(guest, view(product_id=shop[0].pk))

    assert not [query for query in queries if "catalog_product" in query["sql"]]


def test_the_ids_that_are_remembered_are_bounded(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_products, "REMEMBERED", 2)
    known = KnownProducts()

    for _ in range(2):
        for each in shop:
            assert known.among({each.pk, 10**9}) == {each.pk}

    assert len(known._known) <= 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", [DatabaseError, InterfaceError])
def test_while_the_database_fails_every_id_counts_and_it_is_not_asked_again_at_once(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch, failure: type[Error]
) -> None:
    seconds, asked = [0.0], []
    known = KnownProducts(clock=lambda: seconds[0])

    def fail(ids: set[int]) -> set[int]:
        asked.append(ids)
        raise failure("away")

    with monkeypatch.context() as patched:
        patched.setattr(known_products, "_existing", fail)
        assert known.among({10**9}) == {10**9}
        assert known.among({10**9, 10**9 + 1}) == {10**9, 10**9 + 1}
        assert asked == [{10**9}]

    seconds[0] = known_products.PAUSE_SECONDS
    assert known.among({shop[0].pk, 10**9}) == {shop[0].pk}


@pytest.mark.django_db(transaction=True)
def test_a_guests_recent_products_are_added_to_the_account(redis_url: str) -> None:
    user = User.objects.create_user(phone="+15550000009", password="a long secret")
    guest = uuid4()
    append_interactions(PipelineSettings.from_env(), guest, products={7: NOW})

    log_in(phone="+15550000009", password="a long secret", now=NOW, anonymous_id=guest)
    drain([GuestRecentProducts()], timeout=30)

    assert recent_products().of(user.shopper_key) == [7]
