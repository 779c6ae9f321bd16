from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from analytics_pipeline.recent import KEPT, RecentProducts
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.samples import remember

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def settings(redis_url: str) -> PipelineSettings:
    return PipelineSettings.from_env({"REDIS_URL": redis_url})


@pytest.fixture
def recent(settings: PipelineSettings) -> RecentProducts:
    return RecentProducts(settings)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_the_latest_product_comes_first_whatever_order_events_arrive_in(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    shopper = uuid4()
    remember(settings, shopper, products={5: at(3), 6: at(1)})
    remember(settings, shopper, products={7: at(2)})

    assert recent.of(shopper) == [5, 7, 6]


def test_a_repeated_or_late_event_changes_nothing(recent: RecentProducts, settings: PipelineSettings) -> None:
    shopper = uuid4()
    remember(settings, shopper, products={5: at(3), 6: at(4)})

    remember(settings, shopper, products={5: at(3), 6: at(1)})

    assert recent.of(shopper) == [6, 5]


def test_only_the_last_products_are_kept(recent: RecentProducts, settings: PipelineSettings) -> None:
    shopper = uuid4()

    remember(settings, shopper, products={product: at(product) for product in range(1, KEPT + 6)})

    assert recent.of(shopper) == list(range(KEPT + 5, 5, -1))


def test_shoppers_are_kept_apart_and_can_be_forgotten(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    one, other = uuid4(), uuid4()
    remember(settings, one, products={5: NOW})
    remember(settings, other, products={6: NOW})

    recent.forget(one)

    assert (recent.of(one), recent.of(other)) == ([], [6])


def test_what_a_guest_interacted_with_is_added_to_the_account_once(
    recent: RecentProducts, settings: PipelineSettings
) -> None:
    guest, account = uuid4(), uuid4()
    remember(settings, account, products={5: at(1), 6: at(2)})
    remember(settings, guest, products={5: at(4), 7: at(3)})

    for _ in range(2):
        recent.add_from(guest, into=account)

    assert recent.of(account) == [5, 7, 6]
    assert recent.of(guest) == [5, 7]


def test_a_server_that_is_down_is_told_apart_from_an_empty_list() -> None:
    with pytest.raises(StreamUnavailable):
        RecentProducts(PipelineSettings.from_env({"REDIS_URL": "redis://127.0.0.1:1/0"})).of(uuid4())
