"""The history of prices, and the lowest price of the 30 days before a reduction."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import IntegrityError, transaction

from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.catalog.models import PriceChange, Product, Variant
from backend.catalog.services import update_product
from backend.catalog.variant_services import NewVariant, create_variants, delete_variant, update_variant
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, product, seller

pytestmark = [pytest.mark.django_db, pytest.mark.stores]

D = Decimal
CASES = yaml.safe_load((Path(__file__).parent / "lowest_prices.yaml").read_text())


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written if len(written) > 5 else f"2026-{written}").astimezone(UTC)


def new_values(changes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: D(value) if name in ("price", "discount_percentage") else value
        for name, value in changes.items()
    }


def history() -> list[str]:
    rows = PriceChange.objects.order_by("id")
    return [
        f"{'none' if row.old_price is None else f'{row.old_price:.2f}'} > {row.new_price:.2f}" for row in rows
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "_"))
def test_the_lowest_price_is_that_of_the_30_days_before_the_reduction(case: dict[str, Any]) -> None:
    kettle = product(price=case["price"], discount_percentage=D(case.get("discount", 0)))
    for at, changes in case["changes"]:
        kettle = update_product(kettle.pk, changes=new_values(changes), by=SYSTEM, now=moment(at))

    assert history() == case["history"]
    stored = Variant.objects.get(product=kettle)
    expected = None if case["expected"] is None else D(case["expected"])
    assert stored.lowest_price_30_days == expected
    assert Product.objects.get(pk=kettle.pk).lowest_price_30_days == expected


def test_every_change_is_published_with_its_row_in_the_order_of_the_changes() -> None:
    kettle = product(price="10.00", stock=[1, 1])
    update_product(kettle.pk, changes={"price": D(12)}, by=SYSTEM, now=NOW)
    second = kettle.variants.last()
    assert second is not None
    update_variant(second.pk, product_id=kettle.pk, changes={"price_modifier": D(1)}, by=SYSTEM, now=NOW)

    rows = PriceChange.objects.order_by("id")
    assert [(row.old_price, row.new_price, row.list_price, row.currency) for row in rows] == [
        (D(10), D(12), D(12), "USD"),
        (D(10), D(12), D(12), "USD"),
        (D(12), D(13), D(13), "USD"),
    ]
    assert {row.changed_at for row in rows} == {NOW}
    published = Message.objects.filter(topic="price_changed").order_by("id").values_list("key", flat=True)
    assert list(published) == [str(row.pk) for row in rows]


def test_new_variants_and_changes_of_other_columns_have_no_history() -> None:
    kettle = product(price="10.00")
    create_variants(kettle.pk, variants=[NewVariant(sku="NEW-1", price_modifier=D(5))], by=SYSTEM)
    update_product(kettle.pk, changes={"title": "Another", "brand": "B"}, by=SYSTEM, now=NOW)

    assert not PriceChange.objects.exists()


def test_a_product_has_the_lowest_price_of_its_cheapest_active_variant() -> None:
    kettle = product(price="10.00")
    plain = kettle.variants.get()
    (cheap,) = create_variants(kettle.pk, variants=[NewVariant(sku="CHEAP", price_modifier=D(-1))], by=SYSTEM)
    update_variant(cheap.pk, product_id=kettle.pk, changes={"discount_percentage": D(50)}, by=SYSTEM, now=NOW)
    assert Product.objects.get().lowest_price_30_days == 9

    update_variant(cheap.pk, product_id=kettle.pk, changes={"is_active": False}, by=SYSTEM)
    assert Product.objects.get().lowest_price_30_days is None
    assert plain.pk != cheap.pk


def test_an_import_records_the_prices_that_it_changes() -> None:
    owner = seller()

    def imported(*, price: str, discount: int, days: int) -> None:
        wanted = ImportedProduct(
            reference="R-1",
            title="Kettle",
            category=("Kitchen",),
            price=D(price),
            currency="USD",
            discount_percentage=D(discount),
            variants=(ImportedVariant(sku="I-1"), ImportedVariant(sku="I-2", price_modifier=D(2))),
        )
        at = NOW + timedelta(days=days)
        upsert_products([wanted], source="file", seller_id=owner.pk, by=SYSTEM, now=at)

    imported(price="20.00", discount=0, days=0)
    imported(price="20.00", discount=0, days=1)
    assert history() == []
    imported(price="30.00", discount=0, days=2)
    imported(price="30.00", discount=50, days=3)

    assert history() == ["20.00 > 30.00", "22.00 > 32.00", "30.00 > 15.00", "32.00 > 16.00"]
    assert [row.lowest_price_30_days for row in Variant.objects.order_by("sku")] == [20, 22]
    assert Product.objects.get().lowest_price_30_days == 20


def test_rows_are_kept_and_never_changed() -> None:
    kettle = product(price="10.00", stock=[0, 0])
    update_product(kettle.pk, changes={"price": D(12)}, by=SYSTEM, now=NOW)
    second = kettle.variants.last()
    assert second is not None
    assert delete_variant(second.pk, product_id=kettle.pk, by=SYSTEM) is False

    assert history() == ["10.00 > 12.00"] * 2
    for refused in (PriceChange.objects.all().delete, lambda: PriceChange.objects.update(new_price=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            refused()
