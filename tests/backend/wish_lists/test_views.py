"""Wish lists over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from backend.accounts.models import User
from backend.carts.models import CartItem
from backend.catalog.models import Product, Variant
from backend.wish_lists import errors
from backend.wish_lists.models import WishListItem
from tests.backend.shop import client_of, customer, product

pytestmark = pytest.mark.django_db

LISTS = "/api/wish-lists/"
ITEMS = f"{LISTS}items/"


@pytest.fixture
def shopper() -> User:
    return customer()


def sent(user: User | None, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    response = getattr(client_of(user), method)(path, body, format="json")
    assert response.status_code == status, response.json()
    return response.json()


def created(user: User, name: str) -> int:
    return int(sent(user, "post", LISTS, {"name": name}, status=201)["data"]["id"])


def wished(user: User, **body: Any) -> dict[str, Any]:
    return dict(sent(user, "post", ITEMS, body, status=201)["data"])


def items(user: User, wish_list_id: int) -> list[dict[str, Any]]:
    return list(sent(user, "get", f"{LISTS}{wish_list_id}/items/")["results"])


def test_the_first_wish_creates_a_list_and_others_go_to_the_oldest(shopper: User) -> None:
    lamp, vase = product("A lamp", price="89.00"), product("A vase")
    first = wished(shopper, product_id=lamp.pk, quantity=2, note="The blue one")
    created(shopper, "Birthday")
    second = wished(shopper, product_id=vase.pk)
    assert first["wish_list_id"] == second["wish_list_id"]
    assert [row["title"] for row in items(shopper, first["wish_list_id"])] == ["A vase", "A lamp"]
    assert (first["quantity"], first["note"], first["price"], first["problem"]) == (
        2,
        "The blue one",
        "89.00",
        None,
    )
    assert first["product"]["id"] == lamp.pk
    assert first["variant"]["id"] == lamp.variants.get().pk
    counts = {row["name"]: row["item_count"] for row in sent(shopper, "get", LISTS)["results"]}
    assert counts == {"Wish list": 2, "Birthday": 0}


def test_a_product_of_several_variants_can_be_wished_for_without_a_choice(shopper: User) -> None:
    shirt = product("A shirt", stock=[0, 3])
    item = wished(shopper, product_id=shirt.pk)
    assert (item["variant"], item["problem"]) == (None, None)
    sold_out = wished(shopper, variant_id=shirt.variants.earliest("pk").pk)
    assert sold_out["problem"] == "sold_out"
    answer = sent(shopper, "post", f"{ITEMS}{item['id']}/cart/", {}, status=400)
    assert answer["code"] == "variant_required"
    sent(shopper, "post", f"{ITEMS}{item['id']}/cart/", {"variant_id": shirt.variants.latest("pk").pk})
    assert CartItem.objects.get().variant_id == shirt.variants.latest("pk").pk


def test_adding_what_is_in_the_list_returns_the_item_unchanged(shopper: User) -> None:
    lamp = product()
    first = wished(shopper, product_id=lamp.pk, note="first")
    second = wished(shopper, product_id=lamp.pk, note="second")
    assert (second["id"], second["note"]) == (first["id"], "first")


def test_moving_to_the_cart_keeps_the_exposure_and_removes_the_item(shopper: User) -> None:
    exposure = uuid4()
    item = wished(shopper, product_id=product().pk, quantity=2, exposure_id=str(exposure))
    sent(shopper, "post", f"{ITEMS}{item['id']}/cart/", {})
    line = CartItem.objects.get()
    assert (line.quantity, line.exposure_id) == (2, exposure)
    assert items(shopper, item["wish_list_id"]) == []


def test_an_item_that_the_cart_refuses_stays_in_the_list(shopper: User) -> None:
    item = wished(shopper, product_id=product(stock=1).pk, quantity=2)
    answer = sent(shopper, "post", f"{ITEMS}{item['id']}/cart/", {}, status=409)
    assert answer["code"] == "insufficient_stock"
    assert [row["id"] for row in items(shopper, item["wish_list_id"])] == [item["id"]]
    assert not CartItem.objects.exists()


def test_a_shared_list_shows_its_items_but_neither_the_owner_nor_the_settings(shopper: User) -> None:
    item = wished(shopper, product_id=product().pk, note="Size M")
    link = f"{LISTS}{item['wish_list_id']}/link/"
    token = sent(shopper, "post", link)["data"]["link_token"]
    assert sent(shopper, "post", link)["data"]["link_token"] == token
    page = sent(None, "get", f"{LISTS}shared/{token}/")
    assert (page["wish_list"]["name"], page["results"][0]["note"]) == ("Wish list", "Size M")
    hidden = {"wish_list_id", "wants_messages", "exposure_id", "added_at", "price_when_added"}
    assert not hidden & set(page["results"][0])
    assert set(page["wish_list"]) == {"name", "changed_at"}


def test_a_withdrawn_link_never_works_again(shopper: User) -> None:
    item = wished(shopper, product_id=product().pk)
    link = f"{LISTS}{item['wish_list_id']}/link/"
    old = sent(shopper, "post", link)["data"]["link_token"]
    assert sent(shopper, "delete", link)["data"]["link_token"] is None
    sent(None, "get", f"{LISTS}shared/{old}/", status=404)
    new = sent(shopper, "post", link)["data"]["link_token"]
    assert new != old
    sent(None, "get", f"{LISTS}shared/{old}/", status=404)
    sent(None, "get", f"{LISTS}shared/{new}/")


@pytest.mark.parametrize("token", ["x", "W10.x", "WzEsMV0.AAAA", "..", "%00", "WzEsMV0"])
def test_a_forged_link_is_not_found(token: str) -> None:
    assert sent(None, "get", f"{LISTS}shared/{token}/", status=404)["code"] in (
        "wish_list_not_found",
        "not_found",
    )


def test_what_is_no_longer_for_sale_stays_in_the_list_without_its_card(shopper: User) -> None:
    lamp = product("A lamp")
    item = wished(shopper, product_id=lamp.pk)
    Product.objects.filter(pk=lamp.pk).update(is_active=False)
    [row] = items(shopper, item["wish_list_id"])
    assert (row["title"], row["product"], row["problem"]) == ("A lamp", None, "not_for_sale")


def test_items_are_shown_at_the_present_price(shopper: User) -> None:
    lamp = product("A lamp", price="89.00")
    item = wished(shopper, product_id=lamp.pk)
    Variant.objects.filter(product=lamp).update(sale_price="79.00")
    [row] = items(shopper, item["wish_list_id"])
    assert (row["price"], row["price_when_added"]) == ("79.00", "89.00")


def test_an_item_can_be_changed_and_moved_to_another_list(shopper: User) -> None:
    item = wished(shopper, product_id=product().pk)
    other = created(shopper, "Birthday")
    path = f"{ITEMS}{item['id']}/"
    changed = sent(shopper, "patch", path, {"quantity": 3, "note": "", "wish_list_id": other})["data"]
    assert (changed["quantity"], changed["wish_list_id"]) == (3, other)
    assert items(shopper, item["wish_list_id"]) == []
    again = wished(shopper, product_id=item["product"]["id"], wish_list_id=item["wish_list_id"])
    answer = sent(shopper, "patch", f"{ITEMS}{again['id']}/", {"wish_list_id": other}, status=400)
    assert list(answer["details"]) == ["wish_list_id"]


def test_the_products_of_a_page_that_are_wished_for_are_listed(shopper: User) -> None:
    lamp, vase = product("A lamp"), product("A vase")
    item = wished(shopper, product_id=lamp.pk)
    wished(customer(), product_id=vase.pk)
    path = f"{LISTS}products/?product_ids={lamp.pk}&product_ids={vase.pk}"
    assert sent(shopper, "get", path)["data"] == [
        {
            "id": item["id"],
            "wish_list_id": item["wish_list_id"],
            "product_id": lamp.pk,
            "variant_id": lamp.variants.get().pk,
        }
    ]


def test_limits_and_names_are_checked(shopper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.wish_lists.services.MAX_LISTS", 2)
    monkeypatch.setattr("backend.wish_lists.services.MAX_ITEMS", 1)
    first, second = created(shopper, "One"), created(shopper, "Two")
    assert sent(shopper, "post", LISTS, {"name": "One"}, status=409)["code"] == "wish_list_name_taken"
    assert sent(shopper, "post", LISTS, {"name": "Three"}, status=409)["code"] == "too_many_wish_lists"
    assert sent(shopper, "put", f"{LISTS}{second}/", {"name": "One"}, status=409)["code"] == (
        "wish_list_name_taken"
    )
    wished(shopper, product_id=product().pk, wish_list_id=first)
    answer = sent(shopper, "post", ITEMS, {"product_id": product().pk, "wish_list_id": first}, status=409)
    assert answer["code"] == "wish_list_full"
    here = wished(shopper, product_id=product().pk, wish_list_id=second)
    answer = sent(shopper, "patch", f"{ITEMS}{here['id']}/", {"wish_list_id": first}, status=409)
    assert answer["code"] == "wish_list_full"
    assert errors.MAX_ITEMS > 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "product_id"),
        ({"product_id": 0}, "product_id"),
        ({"product_id": "x"}, "product_id"),
        ({"product_id": 1, "quantity": 0}, "quantity"),
        ({"product_id": 1, "note": "\u202e"}, "note"),
        ({"product_id": 1, "exposure_id": "x"}, "exposure_id"),
        ({"product_id": 1, "wish_list_id": 2**63}, "wish_list_id"),
        ({"product_id": 1, "price": 1}, "price"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(sorted(value.items())),
)
def test_bad_input_names_its_field(shopper: User, body: dict[str, Any], field: str) -> None:
    answer = sent(shopper, "post", ITEMS, body, status=400)
    assert list(answer["details"]) == [field]


def test_a_hidden_product_can_not_be_wished_for(shopper: User) -> None:
    shirt = product(stock=[1, 1])
    Product.objects.filter(pk=shirt.pk).update(is_active=False)
    answer = sent(shopper, "post", ITEMS, {"product_id": shirt.pk}, status=404)
    assert answer["code"] == "product_not_found"
    assert not WishListItem.objects.exists()
