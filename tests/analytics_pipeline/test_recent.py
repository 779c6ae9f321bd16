"""The products that a shopper interacted with last and the views of the session, kept in Redis."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from analytics_pipeline.recent import KEPT, VIEWS_KEPT, RecentProducts, SessionViews
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.samples import append_interactions, append_views

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


@pytest.fixture
def sessions(settings: PipelineSettings) -> SessionViews:
    return SessionViews(settings)


def test_a_session_has_its_views_in_their_order_with_repetitions(
    sessions: SessionViews, settings: PipelineSettings
) -> None:
    shopper = uuid4()

    append_views(settings, shopper, views=[(uuid7(), 5, at(1)), (uuid7(), 6, at(2)), (uuid7(), 5, at(3))])
    append_views(settings, shopper, views=[(uuid7(), 6, at(3))])

    assert sessions.of(shopper) == [5, 6, 5, 6]
    recent = RecentProducts(settings, clock=lambda: at(3).timestamp())
    assert recent.with_session(shopper) == ([], [5, 6, 5, 6])


def test_a_view_that_is_sent_again_adds_nothing_even_if_the_clock_is_corrected_otherwise(
    sessions: SessionViews, settings: PipelineSettings
) -> None:
    shopper, first, second = uuid4(), uuid7(), uuid7()
    append_views(settings, shopper, views=[(first, 5, at(1)), (second, 6, at(2))])

    append_views(settings, shopper, views=[(first, 5, at(3))])

    assert sessions.of(shopper) == [5, 6]


def test_a_session_begins_after_a_gap_of_more_than_thirty_minutes(
    sessions: SessionViews, settings: PipelineSettings
) -> None:
    shopper = uuid4()

    append_views(settings, shopper, views=[(uuid7(), 5, at(1)), (uuid7(), 6, at(32)), (uuid7(), 7, at(62))])

    assert sessions.of(shopper) == [6, 7]


def test_only_the_last_views_of_a_session_are_kept(
    sessions: SessionViews, settings: PipelineSettings
) -> None:
    shopper = uuid4()

    for product in range(1, VIEWS_KEPT + 6):
        append_views(settings, shopper, views=[(uuid7(), product, NOW + timedelta(seconds=product))])

    assert sessions.of(shopper) == list(range(6, VIEWS_KEPT + 6))


def test_a_guests_session_is_added_to_the_accounts_and_forgotten_alone(
    sessions: SessionViews, settings: PipelineSettings
) -> None:
    guest, account = uuid4(), uuid4()
    append_views(settings, account, views=[(uuid7(), 5, at(1)), (uuid7(), 6, at(3))])
    append_views(settings, guest, views=[(uuid7(), 7, at(2))])

    for _ in range(2):
        sessions.add_from(guest, into=account)
    sessions.forget(guest)

    assert (sessions.of(account), sessions.of(guest)) == ([5, 7, 6], [])


def test_a_session_ends_thirty_minutes_after_its_last_view_however_late_that_arrived(
    settings: PipelineSettings,
) -> None:
    shopper = uuid4()
    append_views(settings, shopper, views=[(uuid7(), 5, at(1)), (uuid7(), 6, at(2))])

    for minute, expected in ((31, [5, 6]), (32, [5, 6]), (33, [])):
        recent = RecentProducts(settings, clock=at(minute).timestamp)
        assert recent.with_session(shopper).session == expected
