"""A repeated import only changes what differs from the previous file."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEntry
from backend.catalog.models import Category, Product, Variant
from backend.importing.catalogue.statements import BELOW_RESERVED, IN_FUTURE, OUTDATED
from backend.importing.models import ImportedCatalogue, ProductStatement, VariantStatement
from backend.inventory.models import InventoryTransaction, TransactionType
from backend.inventory.reservations import fulfil, release, reserve
from backend.inventory.services import Entry, record
from backend.outbox.models import Message
from tests.backend.importing.written import table
from tests.backend.shop import SYSTEM, product, seller

pytestmark = pytest.mark.django_db
DIGEST_OF_LAMP = "12bcf90b6da3307ecd67ab063a3d6252"
HEADER = "sku,product,title,price,stock,stock_at,attr:Colour"


def import_csv(path: Path, *rows: list[object], **options: object) -> str:
    out = StringIO()
    file = table(path / "catalogue.csv", HEADER, *rows)
    call_command("import_catalog", str(file), format="csv", no_wait=True, stdout=out, **options)
    return out.getvalue()


def lamp(
    sku: str = "L-1", *, of: str = "L", stock: object = 5, at: str = "", colour: str = ""
) -> list[object]:
    return [sku, of, "Lamp", "20.00", stock, at, colour or sku]


def variant(sku: str = "L-1") -> Variant:
    return Variant.objects.get(sku=sku)


def sell(units: int, sku: str = "L-1") -> None:
    now = timezone.now()
    reservation = reserve({variant(sku).pk: units}, reference="an order", now=now)[variant(sku).pk]
    fulfil([reservation.pk], by=SYSTEM, now=now)


def minutes_ago(minutes: int) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def ledger_is_consistent() -> bool:
    return all(
        row.stock == sum(row.inventory_transactions.values_list("effect", flat=True))
        for row in Variant.objects.all()
    )


def test_stock_in_a_file_is_applied_once_regardless_of_later_sales(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp())
    sell(2)
    assert "stock" not in import_csv(tmp_path, lamp())
    assert variant().stock == 3
    assert "stock: 1 changed" in import_csv(tmp_path, lamp(stock=6))
    assert variant().stock == 6
    assert ledger_is_consistent()


def test_a_file_without_weights_and_tax_classes_keeps_those_of_the_shop(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp())
    # That of the previous release, so that an unchanged file is not applied again after an upgrade.
    assert ProductStatement.objects.get().digest == DIGEST_OF_LAMP
    Product.objects.update(tax_class="reduced")
    Variant.objects.update(weight_grams=700)
    import_csv(tmp_path, lamp(colour="red"))
    assert (variant().weight_grams, variant().product.tax_class) == (700, "reduced")

    header = f"{HEADER},weight_grams,tax_class"
    for stated, expected in (((650, "zero"), (650, "zero")), (("", ""), (650, "zero"))):
        file = table(tmp_path / "catalogue.csv", header, [*lamp(), *stated])
        call_command("import_catalog", str(file), format="csv", no_wait=True, stdout=StringIO())
        assert (variant().weight_grams, variant().product.tax_class) == expected


def test_a_count_with_a_time_is_compared_with_the_stock_of_that_time(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp(stock=5, at=minutes_ago(60).isoformat()))
    counted = minutes_ago(30).isoformat()
    sell(2)
    import_csv(tmp_path, lamp(stock=4, at=counted))
    # The count found one unit less than the ledger, and two units were sold afterwards.
    assert variant().stock == 2
    import_csv(tmp_path, lamp(stock=4, at=counted))
    assert variant().stock == 2
    import_csv(tmp_path, lamp(stock=4, at=minutes_ago(20).isoformat()))
    assert variant().stock == 2
    assert ledger_is_consistent()


@pytest.mark.parametrize(("minutes", "remark"), [(90, OUTDATED), (-60, IN_FUTURE)])
def test_an_outdated_or_future_count_is_not_applied(tmp_path: Path, minutes: int, remark: str) -> None:
    import_csv(tmp_path, lamp(stock=5, at=minutes_ago(60).isoformat()))
    out = import_csv(tmp_path, lamp(stock=9, at=minutes_ago(minutes).isoformat()))
    assert f"1 imported in part: {remark}" in out
    assert variant().stock == 5


def test_a_count_below_the_reserved_units_is_applied_by_a_later_import_of_the_same_file(
    tmp_path: Path,
) -> None:
    import_csv(tmp_path, lamp())
    now = timezone.now()
    (held,) = reserve({variant().pk: 4}, reference="an order", now=now).values()
    assert BELOW_RESERVED in import_csv(tmp_path, lamp(stock=1))
    assert variant().stock == 5
    release([held.pk], by=SYSTEM, now=now)
    import_csv(tmp_path, lamp(stock=1))
    assert variant().stock == 1
    assert ledger_is_consistent()


def test_variants_missing_from_the_file_are_deactivated_until_they_are_in_it_again(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("R"), lamp("B"))
    Message.objects.all().delete()
    assert "variants: 1 deactivated" in import_csv(tmp_path, lamp("R"))
    assert [row.sku for row in Variant.objects.filter(is_active=True)] == ["R"]
    assert Message.objects.filter(topic="product").exists()
    assert "deactivated" not in import_csv(tmp_path, lamp("R"))
    assert "variants: 1 activated" in import_csv(tmp_path, lamp("R"), lamp("B"))
    assert Variant.objects.filter(is_active=True).count() == 2


def test_an_import_does_not_override_a_users_change_of_activity(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("R"), lamp("B"))
    Variant.objects.filter(sku="R").update(is_active=False)
    import_csv(tmp_path, lamp("R"))
    Variant.objects.filter(sku="B").update(is_active=True)
    import_csv(tmp_path, lamp("R", stock=6))
    assert {row.sku: row.is_active for row in Variant.objects.all()} == {"R": False, "B": True}


def test_a_manually_created_variant_is_not_deactivated(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("R"))
    manual = Variant.objects.create(product=variant("R").product, sku="H", sale_price=1)
    import_csv(tmp_path, lamp("R", stock=7))
    manual.refresh_from_db()
    assert manual.is_active


def test_a_variant_whose_row_is_refused_is_not_deactivated(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("R"), lamp("B"))
    broken = lamp("B")
    broken[3] = "free"
    assert "deactivated" not in import_csv(tmp_path, lamp("R"), broken)
    assert variant("B").is_active


def test_a_complete_file_deactivates_products_missing_from_it(tmp_path: Path) -> None:
    other = product()
    import_csv(tmp_path, lamp("A", of="A"), lamp("B", of="B"))
    assert "deactivated" not in import_csv(tmp_path, lamp("A", of="A"))
    assert "1 deactivated" in import_csv(tmp_path, lamp("A", of="A"), complete=True)
    assert {row.title: row.is_active for row in Product.objects.filter(source="")} == {other.title: True}
    assert not Product.objects.get(source_reference="B").is_active
    assert "0 deactivated" in import_csv(tmp_path, lamp("A", of="A"), complete=True)
    assert "1 activated" in import_csv(tmp_path, lamp("A", of="A"), lamp("B", of="B"), complete=True)
    assert Product.objects.get(source_reference="B").is_active


def test_a_file_with_refused_rows_is_not_treated_as_complete(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("A", of="A"), lamp("B", of="B"))
    broken = lamp("B", of="B")
    broken[3] = "free"
    out = import_csv(tmp_path, lamp("A", of="A"), broken, complete=True)
    assert "no product was deactivated" in out
    assert Product.objects.filter(is_active=True).count() == 2


def test_a_product_moves_to_another_seller_only_on_request(tmp_path: Path) -> None:
    first, second = seller(), seller()
    import_csv(tmp_path, lamp(), seller=first.phone)
    out = import_csv(tmp_path, lamp(), seller=second.phone)
    assert "belongs to another seller; --transfer-ownership" in out
    assert Product.objects.get().seller == first
    out = import_csv(tmp_path, lamp(), seller=second.phone, transfer_ownership=True)
    assert "owner: 1 changed" in out
    assert Product.objects.get().seller == second
    assert variant().stock == 5


def test_two_sellers_may_use_the_same_reference(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp("A", of="1"), seller=seller().phone)
    import_csv(tmp_path, lamp("B", of="1"), seller=seller().phone)
    assert Product.objects.filter(source_reference="1").count() == 2


def test_a_manually_created_product_with_the_same_sku_becomes_the_imported_one(tmp_path: Path) -> None:
    manual = product()
    sku = manual.variants.get().sku
    assert "1 created" in import_csv(tmp_path, lamp(), seller=seller().phone)
    out = import_csv(tmp_path, lamp(sku, of="L"), seller=manual.seller.phone)
    assert "0 created, 1 updated" in out
    manual.refresh_from_db()
    assert (manual.source, manual.source_reference) == ("csv", "L")


COUNTED = (
    Product, Variant, Category, User, Message, InventoryTransaction, AuditEntry, ImportedCatalogue,
    ProductStatement, VariantStatement,
)  # fmt: skip


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in COUNTED]


def test_a_dry_run_prints_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    before = everything()
    out = import_csv(tmp_path, lamp("R"), lamp("B"), dry_run=True)
    assert "created: product L" in out
    assert everything() == before
    import_csv(tmp_path, lamp("R"), lamp("B"), lamp("X", of="X"))
    record(
        Entry(variant_id=variant("R").pk, transaction_type=TransactionType.DAMAGE, quantity=1),
        by=SYSTEM,
        now=timezone.now(),
    )
    before = everything()
    out = import_csv(tmp_path, lamp("R", stock=9), lamp("N"), dry_run=True, complete=True)
    for line in (
        "stock: R from 4 to 9",
        "stock: N from 0 to 5",
        "deactivated: variant B",
        "deactivated: product X",
        "products: 0 created, 1 updated, 0 unchanged, 0 activated, 1 deactivated",
        "owner: 0 changed",
    ):
        assert line in out
    assert everything() == before


def test_manual_changes_are_kept_until_the_file_changes(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp())
    Product.objects.update(title="A better title")
    import_csv(tmp_path, lamp())
    assert Product.objects.get().title == "A better title"
    import_csv(tmp_path, lamp(stock=6))
    assert Product.objects.get().title == "Lamp"
