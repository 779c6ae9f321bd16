"""The command import_orders."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Sum

from backend.accounts.models import User
from backend.catalog.models import Product, Variant
from backend.inventory.models import InventoryTransaction
from backend.orders.models import Movement, Order, OrderItem
from backend.outbox.models import Message
from tests.backend.importing.written import ONLINE_RETAIL, line, table
from tests.services.schema import copy_migrated_file

DEADLINE_SECONDS = 90.0


def import_both(path: Path) -> str:
    call_command("import_catalog", str(path), format="online-retail", no_wait=True, stdout=StringIO())
    return import_orders(path)


def import_orders(path: Path) -> str:
    out = StringIO()
    call_command("import_orders", str(path), format="online-retail", no_wait=True, stdout=out)
    return out.getvalue()


@pytest.fixture
def year(tmp_path: Path) -> Path:
    return table(
        tmp_path / "year.csv",
        ONLINE_RETAIL,
        line("536365", "85123A", quantity=6, price="2.55"),
        line("536365", "71053", quantity=6, price="3.39"),
        line("536365", "POST", price="18.00"),
        line("536366", "85123A", quantity=2, price="2.55", customer="", date="2011-01-01 10:00:00"),
        line("C536379", "85123A", quantity=-1, price="2.55", date="2011-02-03 10:00:00"),
        line("536400", "DOT", price="5.00"),
    )


@pytest.mark.django_db
def test_invoices_become_orders_movements_and_customers(year: Path) -> None:
    out = import_both(year)
    assert "orders: 2 created, 0 unchanged" in out
    assert "returns: 1 created, 0 unchanged" in out
    assert "1 its invoice sells no goods" in out
    order = Order.objects.get(source_reference="536365")
    assert order.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert (order.subtotal, order.charges, order.total_amount) == (
        Decimal("35.64"),
        Decimal("18.00"),
        Decimal("53.64"),
    )
    assert order.user is not None
    assert (order.user.source, order.user.source_reference, order.user.phone) == (
        "online-retail",
        "17850",
        None,
    )
    assert not order.user.has_usable_password()
    assert Order.objects.get(source_reference="536366").user is None
    returned = Movement.objects.get(kind="RETURN")
    assert (returned.order, returned.amount, returned.occurred_at.month) == (None, Decimal("2.55"), 2)
    assert returned.customer == order.user
    assert not InventoryTransaction.objects.exists()
    assert Variant.objects.aggregate(units=Sum("stock"))["units"] == 0


@pytest.mark.django_db
def test_popularity_is_computed_by_the_import(year: Path) -> None:
    import_both(year)
    popularity = dict(Product.objects.values_list("source_reference", "popularity"))
    assert popularity == {"85123A": 7, "71053": 6}


@pytest.mark.django_db
def test_importing_the_same_file_again_writes_and_publishes_nothing(year: Path) -> None:
    import_both(year)
    before = [list(model.objects.values()) for model in (Order, OrderItem, Movement, User, Message)]
    out = import_both(year)
    assert "orders: 0 created, 2 unchanged" in out
    assert "returns: 0 created, 1 unchanged" in out
    assert [list(model.objects.values()) for model in (Order, OrderItem, Movement, User, Message)] == before


@pytest.mark.django_db
def test_unknown_products_are_reported_with_the_command_to_run_first(year: Path) -> None:
    with pytest.raises(CommandError) as caught:
        import_orders(year)
    assert caught.value.returncode == 2
    assert "2 of 2 products" in str(caught.value)
    assert "import_catalog --format online-retail" in str(caught.value)
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_our_own_format_has_orders_and_returns(tmp_path: Path) -> None:
    goods = table(tmp_path / "goods.csv", "sku,title,price", ["L-1", "Lamp", "12.00"])
    call_command("import_catalog", str(goods), format="csv", no_wait=True, stdout=StringIO())
    past = table(
        tmp_path / "orders.csv",
        "order,placed_at,sku,quantity,unit_price,customer,currency",
        ["A1", "2024-01-31T16:05:00Z", "L-1", "2", "10.00", "anna", "EUR"],
        ["A1", "2024-02-02T10:00:00Z", "L-1", "-1", "10.00", "anna", "EUR"],
    )
    call_command("import_orders", str(past), format="csv", no_wait=True, stdout=StringIO())
    found = Movement.objects.order_by("pk").values_list("kind", "quantity", "amount", "currency")
    assert list(found) == [("SALE", 2, Decimal("20.00"), "EUR"), ("RETURN", 1, Decimal("10.00"), "EUR")]


def manage(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "VITRINE_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
    }
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(home: Path, *arguments: str) -> str:
    with manage(home, *arguments) as process:
        out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, out
    return out


def counted(database: Path) -> Counter[str]:
    """Return the numbers of rows and the sum of cents, read from the database file."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        tables = ("orders_order", "orders_orderitem", "orders_movement", "accounts_user", "outbox_message")
        found = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
        cents = connection.execute("SELECT sum(round(amount * 100)) FROM orders_movement").fetchone()[0]
    connection.close()
    return Counter({**found, "cents": int(cents or 0)})


@pytest.mark.slow
def test_repeating_a_killed_import_completes_it(tmp_path: Path) -> None:
    # Three chunks of the import.
    orders, lines = 3_000, 2
    rows = [
        line(
            str(600_000 + order),
            str(10_000 + (order * 7 + position) % 90),
            quantity=position + 1,
            customer=order % 50,
        )
        for order in range(orders)
        for position in range(lines)
    ]
    rows += [line(f"C{order}", "10000", quantity=-1) for order in range(200)]
    year = table(tmp_path / "year.csv", ONLINE_RETAIL, *rows)
    database = tmp_path / "db.sqlite3"
    copy_migrated_file(database)
    finished(tmp_path, "import_catalog", str(year), "--format=online-retail", "--no-wait")
    arguments = ("import_orders", str(year), "--format=online-retail", "--no-wait")
    with manage(tmp_path, *arguments) as process:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (stored := counted(database)["orders_order"]) and time.monotonic() < deadline:
            assert process.poll() is None
        process.kill()
    assert 0 < stored < orders
    interrupted = counted(database)
    assert interrupted["orders_orderitem"] == lines * interrupted["orders_order"]
    out = finished(tmp_path, *arguments)
    assert f"{interrupted['orders_order']:,} unchanged" in out
    after = counted(database)
    assert after["orders_order"] == orders
    assert after["orders_orderitem"] == orders * lines
    assert after["orders_movement"] == orders * lines + 200
    # Each unit costs 2.50; the lines of an order have 1, 2, … units, and each return has one.
    assert after["cents"] == 250 * (orders * sum(range(1, lines + 1)) + 200)
