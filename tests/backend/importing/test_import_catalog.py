"""The command import_catalog."""

import csv
import json
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from backend.accounts.models import User
from backend.catalog.models import Product, Variant
from backend.catalog.services import delete_product
from backend.importing.catalogue import offers
from backend.importing.catalogue.statements import BELOW_RESERVED
from backend.importing.values import NOT_A_PRICE
from backend.inventory.models import InventoryTransaction
from backend.inventory.reservations import reserve
from backend.inventory.services import lock_variants
from backend.outbox.models import Message
from tests.backend.importing.written import AMAZON, listing, table
from tests.backend.shop import NOW, SYSTEM, customer, seller
from tests.backend.shop import variant as other_variant
from tests.backend.together import DEADLINE_SECONDS, kinds, together
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db
HEADER = "sku,title,price,stock,category,attr:Colour,product"
LONG = " > ".join(["c" * 100] * 10)
DEEP = " > ".join(["c"] * 11)


def import_csv(path: Path, *rows: list[object], **options: object) -> str:
    out = StringIO()
    file = table(path / "catalogue.csv", HEADER, *rows)
    call_command("import_catalog", str(file), format="csv", no_wait=True, stdout=out, **options)
    return out.getvalue()


def lamp(**changes: object) -> list[object]:
    values = {
        "sku": "L-1",
        "title": "Lamp",
        "price": "20.00",
        "stock": "5",
        "category": "Home > Lamps",
        "colour": "",
        "product": "",
        **changes,
    }
    return list(values.values())


def failure(*arguments: str, **options: object) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("import_catalog", *arguments, no_wait=True, **options)
    return caught.value


def test_a_csv_file_creates_products_with_stock_in_the_ledger(tmp_path: Path) -> None:
    out = import_csv(tmp_path, lamp(), lamp(sku="T-1", title="Table", stock=""))
    assert "2 rows read" in out
    assert "products: 2 created, 0 updated, 0 unchanged" in out
    created = Product.objects.get(source="csv", source_reference="L-1")
    assert (created.title, created.category.path, created.seller.source_reference) == (
        "Lamp",
        "Home > Lamps",
        "csv",
    )
    assert Variant.objects.get(sku="L-1").stock == 5
    entry = InventoryTransaction.objects.get()
    assert (entry.transaction_type, entry.effect, entry.variant.sku) == ("IN", 5, "L-1")


def test_importing_the_same_file_again_writes_and_publishes_nothing(tmp_path: Path) -> None:
    rows = [lamp(), lamp(sku="S-1", product="S", colour="Red"), lamp(sku="S-2", product="S", colour="Blue")]
    import_csv(tmp_path, *rows)
    before = (list(Product.objects.values()), list(Variant.objects.values()), Message.objects.count())
    out = import_csv(tmp_path, *rows)
    assert "products: 0 created, 0 updated, 2 unchanged" in out
    after = (list(Product.objects.values()), list(Variant.objects.values()), Message.objects.count())
    assert after == before
    assert InventoryTransaction.objects.count() == 3


def test_a_change_in_the_file_is_applied_and_published_once(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp(), lamp(sku="T-1", title="Table"))
    Message.objects.all().delete()
    out = import_csv(tmp_path, lamp(title="Brass lamp", price="18.00"), lamp(sku="T-1", title="Table"))
    assert "products: 0 created, 1 updated, 1 unchanged" in out
    changed = Product.objects.get(source_reference="L-1")
    assert (changed.title, changed.slug, changed.sale_price) == ("Brass lamp", "brass-lamp", changed.price)
    assert Variant.objects.get(sku="L-1").sale_price == 18
    published = Message.objects.exclude(topic="price_changed").values_list("topic", "key")
    assert list(published) == [("product", str(changed.pk))]


def test_a_new_variant_in_the_file_is_added_to_its_product(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp(sku="S-1", product="S", colour="Red"))
    import_csv(
        tmp_path,
        lamp(sku="S-1", product="S", colour="Red"),
        lamp(sku="S-2", product="S", colour="Blue", price="25.00", stock="2"),
    )
    product = Product.objects.get(source_reference="S")
    found = [(row.sku, int(row.sale_price), row.stock) for row in product.variants.all()]
    assert found == [("S-1", 20, 5), ("S-2", 25, 2)]


def test_less_stock_in_the_file_is_an_adjustment_but_not_below_the_reserved_units(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp(stock="5"))
    lamp_id = Variant.objects.get(sku="L-1").pk
    import_csv(tmp_path, lamp(stock="3"))
    assert Variant.objects.get(sku="L-1").stock == 3
    reserve({lamp_id: 2}, reference="an order", now=NOW)
    out = import_csv(tmp_path, lamp(stock="1"))
    assert f"1 imported in part: {BELOW_RESERVED}" in out
    assert Variant.objects.get(sku="L-1").stock == 3
    effects = InventoryTransaction.objects.order_by("pk").values_list("transaction_type", "effect")
    assert list(effects) == [("IN", 5), ("ADJUSTMENT", -2)]


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction, PostgreSQL would repeat the statistics of the first query.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_an_import_locks_variants_in_the_order_in_which_checkouts_lock_them(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks")
    import_csv(tmp_path, lamp(), lamp(sku="T-1", title="Table"))
    first, second = Variant.objects.order_by("pk").values_list("pk", flat=True)
    is_locked = threading.Event()

    def check_out() -> None:
        with transaction.atomic():
            lock_variants([first])
            is_locked.set()
            wait_until(waits_for_a_lock)
            lock_variants([first, second])

    def import_stock_of_both_and_price_of_the_second() -> str:
        assert is_locked.wait(DEADLINE_SECONDS)
        return import_csv(tmp_path, lamp(stock="9"), lamp(sku="T-1", title="Table", stock="9", price="30"))

    outcomes = together(check_out, import_stock_of_both_and_price_of_the_second)
    assert kinds(outcomes) == ["NoneType", "str"], outcomes


def test_a_deleted_product_stays_deleted(tmp_path: Path) -> None:
    import_csv(tmp_path, lamp())
    delete_product(Product.objects.get().pk, now=NOW, by=SYSTEM)
    assert "1 was deleted in this shop" in import_csv(tmp_path, lamp(title="Lamp again"))
    assert not Product.objects.existing().exists()


def test_a_sku_of_another_product_is_written_to_the_file_of_refused_rows(tmp_path: Path) -> None:
    taken = other_variant(title="Chair").sku
    out = import_csv(tmp_path, lamp(sku=taken), lamp(price="free"), lamp(sku="T-1"))
    assert "products: 1 created" in out
    refused = Path(out.rsplit("refused rows: ", 1)[1].strip())
    assert refused.parent == django_settings.VITRINE_HOME / "imports"
    header, *rows = csv.reader(refused.read_text(encoding="utf-8-sig").splitlines())
    assert header[:3] == ["line", "reason", "sku"]
    assert {(row[0], row[1].split(",")[0], row[2]) for row in rows} == {
        ("2", "its SKU belongs to another product of this shop", taken),
        ("3", "price must be a number like 12.50", "L-1"),
    }


def refused_rows(out: str) -> list[dict[str, str]]:
    text = Path(out.rsplit("refused rows: ", 1)[1].strip()).read_text(encoding="utf-8-sig")
    delimiter = text.removeprefix("line")[0]
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter))


def test_refused_rows_have_the_columns_of_the_imported_file(tmp_path: Path) -> None:
    out = StringIO()
    path = table(tmp_path / "a.csv", "product,price,title,sku", ["P", "free", "Lamp", "L-1"])
    call_command("import_catalog", str(path), format="csv", no_wait=True, stdout=out)
    (row,) = refused_rows(out.getvalue())
    assert {name: row[name] for name in ("line", "product", "price", "title", "sku")} == {
        "line": "2", "product": "P", "price": "free", "title": "Lamp", "sku": "L-1"
    }  # fmt: skip


def test_every_row_of_a_refused_product_is_stored(tmp_path: Path) -> None:
    taken = other_variant(title="Chair").sku
    out = import_csv(tmp_path, lamp(product="S", colour="Red"), lamp(sku=taken, product="S", colour="Blue"))
    assert "2 rows refused" in out
    assert [(row["line"], row["sku"]) for row in refused_rows(out)] == [("2", "L-1"), ("3", taken)]


@pytest.mark.parametrize(
    ("name", "header", "row", "reason"),
    [
        ("csv", "sku,title,price,category", ["1", "Lamp", "1", LONG], offers.DEEP_CATEGORY),
        ("csv", "sku,title,price,category", ["1", "Lamp", "1", DEEP], offers.DEEP_CATEGORY),
        ("crowdflower", "product_id,title,description", ["1" * 60, "Lamp", ""], offers.BAD_REFERENCE),
        ("amazon-in", AMAZON, listing("Lamp", main=""), offers.BAD_CATEGORY),
        ("amazon-in", AMAZON, listing("Lamp", price="₹99999999999"), f"price {NOT_A_PRICE}"),
        ("amazon-in", AMAZON, listing("Lamp", count="99,999,999,999"), offers.BAD_COUNT),
    ],
)
def test_a_row_with_a_value_that_cannot_be_stored_is_refused(
    tmp_path: Path, name: str, header: str, row: list[object], reason: str
) -> None:
    out = StringIO()
    path = table(tmp_path / "a.csv", header, row)
    call_command("import_catalog", str(path), format=name, no_wait=True, stdout=out)
    assert f"1 {reason}" in out.getvalue()
    assert not Product.objects.exists()


def test_products_belong_to_the_seller_with_the_given_phone(tmp_path: Path) -> None:
    owner = seller()
    import_csv(tmp_path, lamp(), seller=owner.phone)
    assert Product.objects.get().seller == owner


def test_only_a_seller_can_own_products(tmp_path: Path) -> None:
    file = str(table(tmp_path / "a.csv", HEADER, lamp()))
    buyer = customer()
    for phone in (str(buyer.phone), "+15550109999", "not a phone"):
        error = failure(file, format="csv", seller=phone)
        assert error.returncode == 2
        assert phone in str(error)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"sku,title\n1,a\n", "lacks the columns price"),
        (b"sku,title,price\n" + b"1,a,1\n" * 2_000 + b"2,\xff,1\n", "line 2002, byte 3: expected UTF-8"),
        (b"", "is empty"),
    ],
)
def test_a_damaged_file_changes_nothing(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    error = failure(str(path), format="csv")
    assert error.returncode == 2
    assert complaint in str(error)
    assert "\n" not in str(error)
    assert not Product.objects.exists()
    assert not User.objects.exists()


def test_a_listing_of_amazon_in_is_sold_at_its_exact_sale_price(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", AMAZON, listing("An air conditioner", sale="₹32,999", price="₹58,990"))
    for _ in range(2):
        out = StringIO()
        call_command("import_catalog", str(path), format="amazon-in", no_wait=True, stdout=out)
    assert "0 created, 0 updated, 1 unchanged" in out.getvalue()
    created = Product.objects.get()
    assert (int(created.price), int(created.sale_price), created.currency) == (58990, 32999, "INR")
    assert json.dumps(created.image_urls) == '["https://example.org/a.jpg"]'


def _unavailable_engines() -> None:
    raise ConnectionError("the warehouse\nis down")


@pytest.mark.django_db(transaction=True)
def test_an_import_while_an_engine_is_down_stores_everything_and_reports_it_in_one_line(
    tmp_path: Path, settings: Settings
) -> None:
    settings.OUTBOX_ENGINES = f"{__name__}._unavailable_engines"
    path = table(tmp_path / "a.csv", HEADER, lamp())
    with pytest.raises(CommandError) as caught:
        call_command("import_catalog", str(path), format="csv", stdout=StringIO())
    assert "everything is stored" in str(caught.value)
    assert "the warehouse is down" in str(caught.value)
    assert Product.objects.count() == 1
    assert Message.objects.filter(topic="product").exists()


def run_import(path: Path, **options: object) -> str:
    out = StringIO()
    call_command("import_catalog", str(path), no_wait=True, stdout=out, **{"format": "csv", **options})
    return out.getvalue()


def test_a_corrected_file_of_refused_rows_can_be_imported(tmp_path: Path) -> None:
    rows = [
        lamp(sku="S-1", product="S", colour="Red"),
        lamp(sku="S-2", title="", product="S", colour="Blue", price="free"),
        lamp(sku="T-1", title="=1+1", category="A > > B"),
        lamp(),
    ]
    out = import_csv(tmp_path, *rows)
    assert "4 rows read" in out
    assert "2 rows refused" in out
    refused = Path(out.rsplit("refused rows: ", 1)[1].strip())
    assert [row["sku"] for row in refused_rows(out)] == ["T-1", "S-1", "S-2"]
    corrected = refused.read_text(encoding="utf-8-sig").replace("free", "21.00").replace("A > > B", "A > B")
    refused.write_text(corrected)
    out = run_import(refused)
    assert "refused" not in out
    assert "products: 1 created, 1 updated, 0 unchanged" in out
    assert [str(row.sale_price) for row in Variant.objects.filter(product__source_reference="S")] == [
        "20.0000",
        "21.0000",
    ]
    assert Product.objects.get(source_reference="T-1").title == "=1+1"


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        ('sku,title,price\n1,a,"1,234"\n', {}, "--decimal"),
        ('sku,title,price\n1,a,12.5\n2,b,"12,5"\n', {}, "--decimal"),
        ("sku,title,price\n1,a,5\n", {"currency": "euro"}, "--currency euro"),
    ],
)
def test_an_ambiguous_file_is_refused(
    tmp_path: Path, content: str, options: dict[str, object], complaint: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    error = failure(str(path), format="csv", **options)
    assert error.returncode == 2
    assert complaint in str(error)
    assert not User.objects.exists()


def test_options_set_the_encoding_the_delimiter_and_the_decimal_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sku;title;price\n1;Übertopf;£1.234\n".encode("cp1252"))
    run_import(path, encoding="cp1252", delimiter="semicolon", decimal="comma", currency="KWD")
    assert not Product.objects.exists()
    run_import(path, encoding="cp1252", delimiter="semicolon", decimal="comma", currency="GBP")
    created = Product.objects.get()
    assert (created.title, int(created.price), created.currency) == ("Übertopf", 1234, "GBP")


def test_unknown_columns_are_reported_or_become_attributes(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", "sku,title,price,brnad,Weight,Empty", ["1", "Lamp", "1", "Osram", "2 kg", ""]
    )
    out = run_import(path)
    assert "columns not imported: brnad (did you mean brand?), Weight; --extra-columns attributes" in out
    assert Product.objects.get().attributes == {}
    assert "columns imported as attributes" in run_import(path, extra_columns="attributes")
    assert Product.objects.get().attributes == {"brnad": "Osram", "Weight": "2 kg"}


def test_a_file_of_refused_rows_has_the_dialect_of_its_source_and_escapes_formulas(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sku;title;price;brand\n1;Übertopf;free;=1+1\n".encode("cp1252"))
    options = {"encoding": "cp1252", "delimiter": "semicolon"}
    refused = Path(run_import(path, **options).rsplit("refused rows: ", 1)[1].strip())
    text = refused.read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].endswith(";1;Übertopf;free;'=1+1")
    refused.write_bytes(refused.read_bytes().replace(b"free", b"5"))
    run_import(refused, **options)
    created = Product.objects.get()
    assert (created.title, created.brand) == ("Übertopf", "=1+1")


def test_each_refused_row_is_written_once(tmp_path: Path) -> None:
    taken = other_variant(title="Chair").sku
    out = import_csv(
        tmp_path, lamp(sku=taken, product="S", colour="Red"), lamp(sku="S-2", product="S", price="free")
    )
    assert [(row["line"], row["reason"].split(",")[0]) for row in refused_rows(out)] == [
        ("2", "its SKU belongs to another product of this shop"),
        ("3", "price must be a number like 12.50"),
    ]
