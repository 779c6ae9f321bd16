"""Rows that are inserted many at once."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.api.bulk_rows import insert_rows
from backend.catalog.models import Product, Variant
from backend.importing.models import VariantStatement
from tests.backend import shop

pytestmark = [pytest.mark.django_db, pytest.mark.stores]

MORE_THAN_ONE_STATEMENT_HOLDS = 1_500


def a_variant(product: Product, sku: str) -> Variant:
    return Variant(
        product=product,
        sku=sku,
        price_modifier=Decimal("0.0150"),
        sale_price=Decimal("9.9900"),
        attributes={"size": "großzügig", "depth": None},
        is_active=False,
    )


def test_rows_are_stored_as_bulk_create_stores_them() -> None:
    product = shop.product()
    (expected,) = Variant.objects.bulk_create([a_variant(product, "usual")])
    insert_rows([a_variant(product, f"many-{number}") for number in range(MORE_THAN_ONE_STATEMENT_HOLDS)])

    columns = [field.attname for field in Variant._meta.concrete_fields if field.name not in ("id", "sku")]
    stored = Variant.objects.filter(sku__startswith="many-").values_list(*columns)
    assert len(stored) == MORE_THAN_ONE_STATEMENT_HOLDS
    assert set(map(repr, stored)) == {repr(Variant.objects.values_list(*columns).get(pk=expected.pk))}


def test_rows_that_exist_are_overwritten_in_the_named_fields_alone() -> None:
    variant = shop.product().variants.get()
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    insert_rows([VariantStatement(variant=variant, stock=3, applied_at=first)], overwrite=["stock"])
    insert_rows([VariantStatement(variant=variant, stock=5, applied_at=second)], overwrite=["stock"])

    statement = VariantStatement.objects.get()
    assert (statement.stock, statement.applied_at) == (5, first)


def test_a_row_that_exists_is_an_error_unless_it_is_overwritten() -> None:
    product = shop.product()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([a_variant(product, "new"), a_variant(product, product.variants.get().sku)])
    assert not Variant.objects.filter(sku="new").exists()


def test_no_rows_need_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert_rows([])
