"""Each write of a service adds an audit entry with its actor, unless its transaction is rolled back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from backend.accounts.models import Session, User
from backend.accounts.services import log_in, register
from backend.accounts.sessions import end_session
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.catalog.categories import category_by_names
from backend.catalog.category_services import delete_category, update_category
from backend.catalog.matrix import Matrix, fill_matrix
from backend.catalog.services import (
    create_product,
    delete_product,
    set_popularity,
    update_product,
)
from backend.catalog.variant_services import NewVariant, create_variants, delete_variant, update_variant
from backend.inventory.services import Entry, record
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order
from backend.orders.returns import receive_at_once
from backend.orders.shipments import deliver_all, ship_all
from tests.backend.orders.steps import check_out, fill, order_of
from tests.backend.shop import NOW, client_of, customer, product, seller, staff, variant

pytestmark = pytest.mark.django_db(transaction=True)

BY = Actor.system("author")
PASSWORD = "a-long-lamp-shade"

Write = Callable[[], object]


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def shipped() -> Order:
    order = order_of(customer(), {variant().pk: 2})
    return ship_all(order.pk, by=BY, now=NOW)


def a_new_product() -> Write:
    category, owner = category_by_names(["Home"], by=BY), seller()
    return lambda: create_product(
        title="Lamp",
        category=category,
        seller_id=owner.pk,
        price=Decimal(1),
        currency="USD",
        variants=[NewVariant(sku="S")],
        by=BY,
        now=NOW,
    )


def a_new_price() -> Write:
    lamp = product(price="10.00")
    return lambda: update_product(lamp.pk, changes={"price": Decimal("12.00")}, by=BY)


def a_deleted_product() -> Write:
    lamp = product()
    return lambda: delete_product(lamp.pk, by=BY, now=NOW)


def a_new_popularity() -> Write:
    lamp = product()
    return lambda: set_popularity({lamp.pk: 5}, by=BY)


def a_new_category() -> Write:
    return lambda: category_by_names(["Home", "Lamps"], by=BY)


def a_new_name() -> Write:
    category = category_by_names(["Home"], by=Actor.system("other"))
    return lambda: update_category(category.pk, changes={"name": "Living"}, by=BY)


def a_moved_category() -> Write:
    category = category_by_names(["Home", "Lamps"], by=Actor.system("other"))
    return lambda: update_category(category.pk, changes={"parent_id": None}, by=BY)


def a_deleted_category() -> Write:
    category = category_by_names(["Home"], by=Actor.system("other"))
    return lambda: delete_category(category.pk, by=BY)


def new_variants() -> Write:
    lamp = product()
    matrix = Matrix(attributes={"size": ["S", "M"]}, sku_pattern="V-{size}")
    return lambda: fill_matrix(lamp.pk, matrix=matrix, by=BY)


def a_changed_variant() -> Write:
    lamp = variant(price="10.00")
    changes = {"price_modifier": Decimal(1)}
    return lambda: update_variant(lamp.pk, product_id=lamp.product_id, changes=changes, by=BY)


def a_deleted_variant() -> Write:
    lamp = product()
    (new,) = create_variants(lamp.pk, variants=[NewVariant(sku="S-2")], by=Actor.system("other"))
    return lambda: delete_variant(new.pk, product_id=lamp.pk, by=BY)


def a_deactivated_variant() -> Write:
    lamp = product(stock=[1, 1])
    stocked = lamp.variants.earliest("pk")
    return lambda: delete_variant(stocked.pk, product_id=lamp.pk, by=BY)


def a_delivery() -> Write:
    lamp = variant(stock=5)
    entry = Entry(variant_id=lamp.pk, transaction_type="IN", quantity=3)
    return lambda: record(entry, by=BY, now=NOW)


def a_shipment() -> Write:
    order = order_of(customer(), {variant().pk: 1})
    return lambda: ship_all(order.pk, by=BY, now=NOW)


def a_cancellation() -> Write:
    order = order_of(customer(), {variant().pk: 1})
    return lambda: cancel_units(order.pk, by=BY, now=NOW)


def a_handover() -> Write:
    order = shipped()
    return lambda: deliver_all(order.pk, by=BY, now=NOW)


def a_return() -> Write:
    order = shipped()
    item = order.items.get()
    return lambda: receive_at_once(order.pk, units={item.pk: 1}, by=BY, now=NOW)


def a_registration() -> Write:
    return lambda: register(phone="+16502530000", password=PASSWORD, by=BY, now=NOW)


def a_logout() -> Write:
    User.objects.create_user("+16502530000", PASSWORD)
    log_in(phone="+16502530000", password=PASSWORD, now=NOW)
    session = Session.objects.get()
    return lambda: end_session(session.pk, by=BY, now=NOW)


WRITES: list[tuple[Callable[[], Write], str, dict[str, Any]]] = [
    (
        a_new_product,
        "catalog.product_created",
        {"title": [None, "Lamp"], "price": [None, "1"], "currency": [None, "USD"]},
    ),
    (a_new_price, "catalog.product_updated", {"price": ["10", "12"], "sale_price": ["10", "12"]}),
    (
        a_deleted_product,
        "catalog.product_deleted",
        {"title": ["A lamp", None], "price": ["10", None], "currency": ["USD", None]},
    ),
    (a_new_popularity, "catalog.popularity_changed", {"products": [None, 1]}),
    (a_new_category, "catalog.category_created", {"path": [None, "Home"]}),
    (a_new_name, "catalog.category_renamed", {"path": ["Home", "Living"]}),
    (a_moved_category, "catalog.category_moved", {"path": ["Home > Lamps", "Lamps"]}),
    (a_deleted_category, "catalog.category_deleted", {"path": ["Home", None]}),
    (new_variants, "catalog.variants_created", {"skus": [None, ["V-S", "V-M"]]}),
    (
        a_changed_variant,
        "catalog.variant_updated",
        {"price_modifier": ["0", "1"], "sale_price": ["10", "11"]},
    ),
    (
        a_deleted_variant,
        "catalog.variant_deleted",
        {"sku": ["S-2", None], "attributes": [{}, None], "price_modifier": ["0", None]},
    ),
    (a_deactivated_variant, "catalog.variant_deactivated", {"is_active": [True, False]}),
    (a_delivery, "inventory.stock_changed", {"stock": [5, 8]}),
    (a_shipment, "orders.status_changed", {"status": ["CONFIRMED", "SHIPPED"]}),
    (a_cancellation, "orders.status_changed", {"status": ["CONFIRMED", "CANCELLED"]}),
    (a_handover, "orders.status_changed", {"status": ["SHIPPED", "DELIVERED"]}),
    (a_return, "orders.units_returned", {"item": [0, 1]}),
    (a_registration, "accounts.registered", {"user_type": [None, "CUSTOMER"]}),
    (a_logout, "accounts.session_ended", {}),
]


@pytest.mark.parametrize(("prepare", "action", "changes"), WRITES, ids=[case[0].__name__ for case in WRITES])
def test_a_write_adds_an_entry_unless_it_is_rolled_back(
    prepare: Callable[[], Write], action: str, changes: dict[str, Any]
) -> None:
    write = prepare()
    before = len(entries(action))
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert len(entries(action)) == before

    write()

    entry = entries(action)[before]
    assert (entry.user_id, entry.system_name) == (None, "author")
    assert {name.split()[0]: pair for name, pair in entry.changes.items()} == changes


def test_an_update_that_changes_nothing_adds_no_entry() -> None:
    lamp = product(price="10.00")
    update_product(lamp.pk, changes={"price": Decimal("10.00")}, by=BY)

    assert entries("catalog.product_updated") == []


def test_an_order_is_recorded_with_its_customer() -> None:
    user, lamp = customer(), variant(price="2.50")
    fill(user, {lamp.pk: 2})
    order = check_out(user)

    (entry,) = entries("orders.order_placed")
    assert (entry.user_id, entry.object_id) == (user.pk, str(order.pk))
    assert entry.changes["status"] == [None, "CONFIRMED"]


def test_views_name_the_user_of_the_request_and_its_id() -> None:
    user, lamp = staff(), product(price="10.00")
    response = client_of(user).patch(f"/api/products/{lamp.pk}/", {"price": "11.00"}, format="json")
    assert response.status_code == 200, response.data

    (entry,) = entries("catalog.product_updated")
    assert entry.user_id == user.pk
    assert entry.changes["price"] == ["10", "11"]
    assert entry.request_id == response.headers["X-Request-Id"]


def test_a_log_in_is_recorded_with_its_user_and_without_a_secret() -> None:
    user = User.objects.create_user("+16502530000", PASSWORD)
    response = client_of().post(
        "/accounts/login/", {"phone": "+16502530000", "password": PASSWORD}, format="json"
    )
    assert response.status_code == 200, response.data

    (entry,) = entries("accounts.session_started")
    assert entry.user_id == user.pk
    assert PASSWORD not in str(list(AuditEntry.objects.values()))
    assert "+16502530000" not in str(list(AuditEntry.objects.values()))


def test_an_import_adds_one_entry_per_run(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    rows = "".join(f"S{number},Lamp {number},Home,1.00\n" for number in range(3))
    path.write_text(f"sku,title,category,price\n{rows}")
    for _ in range(2):
        call_command("import_catalog", path, format="csv", no_wait=True)

    first, second = entries("importing.started")
    assert (first.system_name, first.object_id) == ("import_catalog", "products.csv")
    assert first.changes == second.changes == {"import": [None, "catalog-csv"], "rows": [None, 3]}
    assert AuditEntry.objects.exclude(action="importing.started").count() == 1, "the category"
