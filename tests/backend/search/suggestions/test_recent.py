"""A shopper's own last searches."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from analytics_pipeline.redis_client import StreamUnavailable
from backend.accounts.models import User
from backend.accounts.services import log_in
from backend.api.shoppers import Shopper
from backend.engines.streams import recent_searches
from backend.exposures.services import expose
from backend.outbox.relay import drain
from backend.search.suggestions import recent as recent_module
from backend.tracking.personal_data import RecentData, StreamStore
from backend.tracking.subscribers import GuestRecentProducts
from tests.backend.shop import client_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

RECENT = "/api/search/recent/"
SUGGESTIONS = "/api/search/suggestions/"


@pytest.fixture
def guest() -> Iterator[UUID]:
    """The anonymous id of a guest."""
    key = uuid4()
    yield key
    recent_searches().forget(key)


def searched(key: UUID | None, *queries: str, **shown: Any) -> None:
    """Show the shopper lists of these queries, one a minute."""
    start = timezone.now() - timedelta(hours=1)
    for minute, query in enumerate(queries):
        options = {"surface": "search", "product_ids": [1], **shown}
        assert (
            expose(shopper=Shopper(key=key), query=query, now=start + timedelta(minutes=minute), **options)
            is not None
        )


def client_with(key: UUID) -> APIClient:
    client = client_of()
    client.credentials(HTTP_X_ANONYMOUS_ID=str(key))
    return client


def texts(client: APIClient) -> list[str]:
    return [each["text"] for each in client.get(RECENT).json()["data"]]


def test_the_last_searches_that_found_something_are_listed_once_each(guest: UUID) -> None:
    searched(guest, "Copper  Kettle", "lamp", "copper kettle", "vase")
    searched(guest, "nothing", product_ids=[])
    searched(guest, "second page", page=2)
    searched(guest, "typi", surface="search_as_you_type")
    searched(None, "someone else")

    assert texts(client_with(guest)) == ["vase", "copper kettle", "lamp"]
    assert texts(client_with(uuid4())) == texts(client_of()) == []


def test_searches_are_suggested_before_anything_is_typed(guest: UUID) -> None:
    searched(guest, *map(str, range(9)))

    found = client_with(guest).get(f"{SUGGESTIONS}?q=&limit=8").json()["data"]

    assert [(each["kind"], each["text"]) for each in found] == [("recent", str(n)) for n in (8, 7, 6, 5, 4)]


def test_a_shopper_deletes_one_search_or_all_of_them(guest: UUID) -> None:
    searched(guest, "lamp", "vase", "mug")
    client = client_with(guest)

    remaining = client.delete(f"{RECENT}?q=Vase").json()["data"]
    assert [each["text"] for each in remaining] == texts(client) == ["mug", "lamp"]

    client.credentials(HTTP_X_ANONYMOUS_ID=str(guest), HTTP_X_TRACKING_CONSENT="denied")
    assert client.delete(RECENT).json()["data"] == []
    assert texts(client_with(guest)) == []


def test_a_guests_searches_are_added_to_the_account(guest: UUID) -> None:
    user = User.objects.create_user(phone="+15550000019", password="a long secret")
    searched(guest, "lamp")

    log_in(phone="+15550000019", password="a long secret", now=timezone.now(), anonymous_id=guest)
    drain([GuestRecentProducts()], timeout=30)

    assert [each.text for each in recent_searches().of(user.shopper_key)] == ["lamp"]
    sections = {name: list(rows) for name, rows in RecentData().export(user.pk)}
    assert {each["text"] for each in sections["recent_searches"]} == {"lamp"}
    recent_searches().forget(user.shopper_key)


def test_erased_shoppers_have_no_searches_and_get_no_new_ones(guest: UUID) -> None:
    searched(guest, "lamp")
    keys = type("Keys", (), {"all": [guest], "account": guest})

    StreamStore().erase(keys, now=timezone.now())  # type: ignore[arg-type]
    searched(guest, "vase")

    assert recent_searches().of(guest) == []


def test_suggestions_without_the_streams_server_have_no_own_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def of(self, key: UUID) -> None:
            raise StreamUnavailable("away")

    monkeypatch.setattr(recent_module, "recent_searches", Away)

    assert client_with(uuid4()).get(SUGGESTIONS, {"q": ""}).json()["data"] == []
