"""The products that a shopper interacted with last, kept in Redis."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from analytics_pipeline.recent import KEPT, RecentProducts
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.samples import append_interactions

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def settings(redis_url: str) -> PipelineSettings:
    return PipelineSettings.from_env({"REDIS_URL": redis_url})


@pytest.fixture
def recent(settings: PipelineSettings) -> RecentProducts:
    return RecentProducts(settings)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_the_latest_product_comes_first_in_whatever_order_events_arrive(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    shopper = uuid4()
    append_interactions(settings, shopper, products={5: at(3), 6: at(1)})
    append_interactions(settings, shopper, products={7: at(2)})

    assert recent.of(shopper) == [5, 7, 6]


def test_a_repeated_or_late_event_changes_nothing(recent: RecentProducts, settings: PipelineSettings) -> None:
    shopper = uuid4()
    append_interactions(settings, shopper, products={5: at(3), 6: at(4)})

    append_interactions(settings, shopper, products={5: at(3), 6: at(1)})

    assert recent.of(shopper) == [6, 5]


def test_only_the_last_products_are_kept(recent: RecentProducts, settings: PipelineSettings) -> None:
    shopper = uuid4()

    append_interactions(settings, shopper, products={product: at(product) for product in range(1, KEPT + 6)})

    assert recent.of(shopper) == list(range(KEPT + 5, 5, -1))


def test_forgetting_a_shopper_leaves_others_unchanged(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    one, other = uuid4(), uuid4()
    append_interactions(settings, one, products={5: NOW})
    append_interactions(settings, other, products={6: NOW})

    recent.forget(one)

    assert (recent.of(one), recent.of(other)) == ([], [6])


def test_a_guests_products_are_added_to_the_account_once(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    guest, account = uuid4(), uuid4()
    append_interactions(settings, account, products={5: at(1), 6: at(2)})
    append_interactions(settings, guest, products={5: at(4), 7: at(3)})

    for _ in range(2):
        recent.add_from(guest, into=account)

    assert recent.of(account) == [5, 7, 6]
    assert recent.of(guest) == [5, 7]


def test_a_server_that_is_down_raises_instead_of_returning_an_empty_list() -> None:
    with pytest.raises(StreamUnavailable):
        RecentProducts(PipelineSettings.from_env({"REDIS_URL": "redis://127.0.0.1:1/0"})).of(uuid4())
