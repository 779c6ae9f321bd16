"""Inserting many rows at once."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.api.bulk_rows import insert_objects, insert_values
from backend.catalog.models import Product, Variant
from backend.importing.models import VariantStatement
from tests.backend import shop

pytestmark = [pytest.mark.django_db, pytest.mark.stores]

ROWS_OF_SEVERAL_STATEMENTS = 1_500


def new_variant(product: Product, sku: str) -> Variant:
    return Variant(
        product=product,
        sku=sku,
        price_modifier=Decimal("0.0150"),
        sale_price=Decimal("9.9900"),
        attributes={"size": "großzügig", "depth": None},
        is_active=False,
    )


def test_rows_are_stored_as_by_bulk_create() -> None:
    product = shop.product()
    (expected,) = Variant.objects.bulk_create([new_variant(product, "usual")])
    insert_objects([new_variant(product, f"many-{number}") for number in range(ROWS_OF_SEVERAL_STATEMENTS)])

    columns = [field.attname for field in Variant._meta.concrete_fields if field.name not in ("id", "sku")]
    stored = Variant.objects.filter(sku__startswith="many-").values_list(*columns)
    assert len(stored) == ROWS_OF_SEVERAL_STATEMENTS
    assert set(map(repr, stored)) == {repr(Variant.objects.values_list(*columns).get(pk=expected.pk))}


def test_only_the_given_fields_of_existing_rows_are_overwritten() -> None:
    variant = shop.product().variants.get()
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    insert_objects([VariantStatement(variant=variant, stock=3, applied_at=first)], overwrite=["stock"])
    insert_objects([VariantStatement(variant=variant, stock=5, applied_at=second)], overwrite=["stock"])

    statement = VariantStatement.objects.get()
    assert (statement.stock, statement.applied_at) == (5, first)


def test_an_existing_row_is_an_error_unless_it_may_be_overwritten() -> None:
    product = shop.product()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_objects([new_variant(product, "new"), new_variant(product, product.variants.get().sku)])
    assert not Variant.objects.filter(sku="new").exists()


def test_inserting_no_rows_executes_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert_objects([])


def test_rows_of_values_are_stored_as_given_also_where_objects_repeat(django_assert_num_queries: Any) -> None:
    price, attributes = Decimal("9.9900"), {"size": "großzügig", "depth": None}
    variant = new_variant(shop.product(), "usual")
    columns = [field.name for field in Variant._meta.concrete_fields if field.name != "id"]
    usual = {field: getattr(variant, field) for field in columns} | {"product": variant.product_id}
    different = [
        {"sku": "first", "sale_price": price, "attributes": attributes, "weight_grams": 5},
        {"sku": "second", "sale_price": price, "attributes": attributes, "weight_grams": None},
        {"sku": "third", "sale_price": Decimal("1.5000"), "attributes": {}, "product": shop.product().pk},
    ]
    rows = [tuple((usual | values).values()) for values in different]

    insert_values(Variant, columns, iter(rows))

    stored = Variant.objects.filter(sku__in=["first", "second", "third"]).order_by("pk")
    assert list(stored.values_list(*columns)) == rows
    with django_assert_num_queries(0):
        insert_values(Variant, columns, [])
