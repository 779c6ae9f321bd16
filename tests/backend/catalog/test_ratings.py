"""What is displayed of a product's ratings, and who changes it."""

from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from backend.catalog.models import Product
from backend.catalog.pages import product_page
from backend.catalog.ratings import change_ratings, displayed, histogram_of, set_histogram
from backend.outbox.models import Message
from tests.backend.shop import product
from tests.backend.together import together

NONE = (0, 0, 0, 0, 0)
CASES = [
    # histogram, imported average, imported count -> average, count, score
    pytest.param(NONE, None, 0, None, 0, None, id="none"),
    pytest.param((0, 0, 0, 0, 1), None, 0, "5.00", 1, "3.6364", id="one own"),
    pytest.param((0, 0, 0, 20, 80), None, 0, "4.80", 100, "4.6818", id="many own"),
    pytest.param(NONE, "4.50", 12, "4.50", 12, "4.0455", id="imported"),
    pytest.param((1, 0, 0, 0, 0), "4.50", 3, "3.63", 4, "3.5357", id="both"),
    pytest.param(NONE, "4.50", 0, "4.50", 0, "3.5909", id="average without a count"),
    pytest.param((0, 0, 1, 0, 0), "4.50", 0, "3.00", 1, "3.4545", id="own replace it"),
    pytest.param(NONE, None, 7, None, 7, None, id="count without an average"),
]


def number_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(("histogram", "imported", "number", "average", "count", "score"), CASES)
def test_each_rating_counts_alike(
    histogram: tuple[int, ...],
    imported: str | None,
    number: int,
    average: str | None,
    count: int,
    score: str | None,
) -> None:
    found = displayed(histogram, imported_average=number_of(imported), imported_count=number)
    assert found == (number_of(average), count, number_of(score))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("imported", "number"), [("4.50", 12), ("4.57", 3), ("4.50", 0), (None, 7), (None, 0)]
)
def test_the_migration_takes_present_ratings_as_imported_ones(imported: str | None, number: int) -> None:
    row = product(rating_average=number_of(imported), rating_count=number)
    migration = import_module("backend.catalog.migrations.0008_ratings_of_reviews")
    migration.keep_imported_ratings(apps, SimpleNamespace(connection=connection))
    row.refresh_from_db()
    expected = displayed(NONE, imported_average=number_of(imported), imported_count=number)
    assert (row.rating_average, row.rating_count, row.rating_score) == expected
    assert (row.imported_rating_average, row.imported_rating_count) == expected[:2]


@pytest.mark.django_db
def test_a_changed_rating_is_published_and_on_the_page() -> None:
    row = product()
    Message.objects.all().delete()
    with transaction.atomic():
        change_ratings(row.pk, {5: 2, 1: 1})
    with transaction.atomic():
        change_ratings(row.pk, {1: -1, 4: 1})
    page = product_page(row.pk, user=None)
    assert page["rating_histogram"] == {"5": 2, "4": 1, "3": 0, "2": 0, "1": 0}
    assert (page["rating_average"], page["rating_count"]) == ("4.67", 3)
    messages = Message.objects.values_list("topic", "key").distinct()
    assert list(messages) == [("product", str(row.pk))]
    Message.objects.all().delete()
    with transaction.atomic():
        change_ratings(row.pk, {3: 0})
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_recount_corrects_the_columns_and_applies_changed_settings(settings: Any) -> None:
    row = product()
    with transaction.atomic():
        assert set_histogram(row.pk, (0, 0, 0, 0, 2))
        assert not set_histogram(row.pk, (0, 0, 0, 0, 2))
        settings.RATING_PRIOR_WEIGHT = 0
        assert set_histogram(row.pk, (0, 0, 0, 0, 2))
    row.refresh_from_db()
    assert (histogram_of(row), row.rating_score) == ((0, 0, 0, 0, 2), Decimal(5))


@pytest.mark.django_db(transaction=True)
def test_concurrent_changes_add_up() -> None:
    row = product()

    def rate(stars: int) -> Any:
        with transaction.atomic():
            change_ratings(row.pk, {stars: 1})

    outcomes = together(*(lambda stars=stars: rate(stars) for stars in (1, 2, 3, 4, 5, 5, 5, 5)))
    assert outcomes == [None] * 8
    stored = Product.objects.get(pk=row.pk)
    assert histogram_of(stored) == (1, 1, 1, 1, 4)
    assert (stored.rating_average, stored.rating_count) == (Decimal("3.75"), 8)
