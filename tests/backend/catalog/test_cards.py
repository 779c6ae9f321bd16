"""Cards and product pages built from columns."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from backend.catalog.cards import cards, cards_by_id
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.catalog.pages import product_page
from backend.catalog.selectors import product_for
from backend.catalog.serializers import ProductCardSerializer, ProductSerializer
from tests.backend import shop

pytestmark = [pytest.mark.django_db, pytest.mark.stores]

GUEST = AnonymousUser()


def plain(data: Any) -> Any:
    return json.loads(JSONRenderer().render(data))


def a_mixed_catalogue() -> list[Product]:
    made = [
        shop.product(
            "Copper kettle", price="89.00", stock=[3, 0, 2], rating_average=Decimal("4.5"), rating_count=2
        ),
        shop.product("Folding fan", price="333", currency="JPY", discount_percentage=Decimal(50)),
        shop.product("Coffee pot", price="1.500", currency="KWD", stock=0, brand="Dallah"),
        shop.product(
            "Lamp",
            attributes={"colour": "red", "watts": 40, "socket": None},
            image_urls=["https://shop.example/1.jpg", "https://shop.example/2.jpg"],
            featured_product=True,
        ),
    ]
    hidden = made[0].variants.last()
    assert hidden is not None
    hidden.is_active = False
    hidden.save()
    reduced = made[0].variants.first()
    assert reduced is not None
    reduced.discount_percentage = Decimal("12.5")
    reduced.save()
    return made


def test_cards_are_what_the_serializer_describes() -> None:
    a_mixed_catalogue()
    rows = Product.objects.order_by("-id")

    assert plain(cards(rows)) == plain(ProductCardSerializer(rows, many=True).data)


def test_product_pages_are_what_the_serializer_describes() -> None:
    for product in a_mixed_catalogue():
        serialized = ProductSerializer(product_for(product.pk, user=product.seller)).data

        assert plain(product_page(product.pk, user=product.seller)) == plain(serialized)


def test_a_guest_sees_no_inactive_variants_and_their_units() -> None:
    product = a_mixed_catalogue()[0]
    seen, all_of_them = (product_page(product.pk, user=user) for user in (GUEST, product.seller))

    assert [each["is_active"] for each in all_of_them["variants"]] == [True, True, False]
    assert seen["variants"] == all_of_them["variants"][:2]
    assert (seen["stock"], all_of_them["stock"]) == (3, 5)


def test_unlisted_products_have_no_card_and_a_page_for_their_seller_alone() -> None:
    product = shop.product(is_active=False)

    assert cards_by_id([product.pk]) == {}
    assert product_page(product.pk, user=product.seller)["id"] == product.pk
    with pytest.raises(ProductNotFound):
        product_page(product.pk, user=GUEST)


@pytest.mark.parametrize(("path", "queries"), [("/api/products/", 3), ("/api/products/{id}/", 2)])
def test_the_number_of_queries_does_not_depend_on_the_variants(
    path: str, queries: int, django_assert_num_queries: Any
) -> None:
    few, many = shop.product(stock=[1]), shop.product(stock=[1] * 60)
    for product in (few, many):
        with django_assert_num_queries(queries):
            answered = APIClient().get(path.format(id=product.pk))
        assert answered.status_code == 200
