"""Importing an exported catalogue changes nothing."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.catalog.models import Product, Variant
from backend.importing.models import ProductStatement
from backend.inventory.models import InventoryTransaction
from backend.outbox.models import Message
from tests.backend.importing.test_export_shapes import CASES, FILES, command_of, imported, sell_one_of_each
from tests.backend.importing.written import table
from tests.backend.shop import product
from tests.csv_cells.cases import CELLS

pytestmark = pytest.mark.django_db
IMPORTED = [case for case in CASES if "Refused as a whole" not in (FILES / f"{case}.md").read_text()]


def run(command: str, *arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def stored() -> tuple[object, ...]:
    rows = (Product, Variant, InventoryTransaction)
    return (*(list(model.objects.order_by("pk").values()) for model in rows), Message.objects.count())


@pytest.mark.parametrize("case", IMPORTED)
def test_importing_an_export_changes_nothing_even_after_sales(case: str, tmp_path: Path) -> None:
    imported(case)
    arguments = command_of(case)
    source = arguments[arguments.index("--format") + 1]
    path = str(tmp_path / "export.csv")
    run("export_catalog", path, source=source)
    sell_one_of_each()
    before = stored()
    out = run("import_catalog", path, format="csv", source=source, decimal="point", no_wait=True)
    assert "refused" not in out
    assert "imported in part" not in out
    assert stored() == before


def test_an_export_after_sales_has_the_current_stock(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", "sku,title,price,stock", ["1", "Lamp", "1", 5])
    run("import_catalog", str(file), format="csv", no_wait=True)
    sell_one_of_each()
    InventoryTransaction.objects.filter(transaction_type="OUT").update(
        recorded_at=timezone.now() - timedelta(minutes=1)
    )
    run("export_catalog", str(tmp_path / "b.csv"))
    (row,) = csv.DictReader((tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines())
    before = stored()
    run("import_catalog", str(tmp_path / "b.csv"), format="csv", no_wait=True, decimal="point")
    assert stored() == before
    assert row["sku"] == "1"


def test_cells_of_an_export_do_not_run_as_formulas_and_are_imported_unchanged(tmp_path: Path) -> None:
    cells = [(text, cell) for text, cell in CELLS if text and text == text.strip()]
    rows = [[cell, cell, "1", cell] for _, cell in cells]
    file = table(tmp_path / "a.csv", "sku,title,price,attr:+x", *rows)
    assert "refused" not in run("import_catalog", str(file), format="csv", no_wait=True)
    texts = {text for text, _ in cells}
    assert set(Variant.objects.values_list("sku", flat=True)) == texts
    assert set(Product.objects.values_list("title", flat=True)) == texts
    before = stored()
    run("export_catalog", str(tmp_path / "b.csv"))
    text = (tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    exported = list(csv.DictReader(text.splitlines()))
    for name in ("sku", "title", "attr:+x"):
        assert {row[name] for row in exported} == {cell for _, cell in cells}
    run("import_catalog", str(tmp_path / "b.csv"), format="csv", no_wait=True, decimal="point")
    assert stored() == before


def test_withdrawn_variants_are_not_exported_but_manually_created_products_are(tmp_path: Path) -> None:
    manual = product()
    rows = [["R", "L", "Lamp", "1"], ["B", "L", "Lamp", "1"], ["X", "X", "Lamp", "1"]]
    for count in (3, 1):
        file = table(tmp_path / "a.csv", "sku,product,title,price", *rows[:count])
        phone = manual.seller.phone
        run("import_catalog", str(file), format="csv", no_wait=True, seller=phone, complete=True)
    assert ProductStatement.objects.exclude(withdrawn_at=None).count() == 1
    out = run("export_catalog", str(tmp_path / "b.csv"), seller=phone)
    assert "2 variants exported" in out
    exported = csv.DictReader((tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines())
    assert {row["sku"] for row in exported} == {"R", manual.variants.get().sku}
