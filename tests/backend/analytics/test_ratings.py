"""Ratings in the warehouse: one interaction for each published review."""

from typing import Any

import pytest
from django.db import transaction

from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.reviews.models import Review
from backend.reviews.personal_data import PERSONAL_DATA
from backend.reviews.services import update_review, withdraw_review
from tests.backend.analytics.conftest import deliver
from tests.backend.reviews.written import decide, review
from tests.backend.shop import NOW, SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]

OPTIONS: Any = {"by": SYSTEM, "now": NOW}


def ratings(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Return the interactions RATING: product, stars and shopper."""
    deliver()
    rows = warehouse.rows(
        "SELECT product_id, value, user_key FROM user_product_interactions "
        "WHERE interaction_type = 'RATING' ORDER BY product_id"
    )
    return [(row["product_id"], row["value"], row["user_key"]) for row in rows]


def edit(row: Review, *, rating: int, is_tracked: bool = True) -> None:
    update_review(row.pk, author=row.author, changes={"rating": rating}, is_tracked=is_tracked, **OPTIONS)


def test_a_published_review_is_one_interaction_through_edits_and_until_it_is_withdrawn(
    warehouse: Warehouse,
) -> None:
    row, pending = review(rating=4), review(approved=False)
    of = (row.product_id, row.author.shopper_key)
    assert ratings(warehouse) == ratings(warehouse) == [(of[0], 4.0, of[1])]
    edit(row, rating=2)
    assert ratings(warehouse) == []
    decide(row)
    assert ratings(warehouse) == [(of[0], 2.0, of[1])]
    withdraw_review(row.pk, author=row.author, **OPTIONS)
    decide(pending)
    assert ratings(warehouse) == [(pending.product_id, 4.0, pending.author.shopper_key)]
    with transaction.atomic():
        PERSONAL_DATA.erase(pending.author_id, now=NOW)
    assert ratings(warehouse) == []
    keys = warehouse.rows("SELECT DISTINCT shopper_key FROM product_ratings FINAL WHERE rating = 0")
    assert keys == [{"shopper_key": NIL_UUID}]


def test_without_consent_a_rating_has_no_shopper(warehouse: Warehouse) -> None:
    row, objecting = review(), review()
    edit(row, rating=1, is_tracked=False)
    decide(row)
    User.objects.filter(pk=objecting.author_id).update(tracking_consent=False)
    assert ratings(warehouse) == []
    stored = warehouse.rows("SELECT rating FROM product_ratings FINAL WHERE is_published ORDER BY review_id")
    assert [each["rating"] for each in stored] == [1, 4]
