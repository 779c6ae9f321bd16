"""Cards and product pages are built from columns without the serializers, with the same contents."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from backend.catalog.cards import cards
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


def mixed_catalogue() -> list[Product]:
    products = [
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
    hidden = products[0].variants.last()
    assert hidden is not None
    hidden.is_active = False
    hidden.save()
    reduced = products[0].variants.first()
    assert reduced is not None
    reduced.discount_percentage = Decimal("12.5")
    reduced.save()
    return products


def test_cards_equal_the_output_of_the_serializer() -> None:
    mixed_catalogue()
    rows = Product.objects.order_by("-id")

    assert plain(cards(rows)) == plain(ProductCardSerializer(rows, many=True).data)


def test_product_pages_equal_the_output_of_the_serializer() -> None:
    for product in mixed_catalogue():
        serialized = ProductSerializer(product_for(product.pk, user=product.seller)).data

        assert plain(product_page(product.pk, user=product.seller)) == plain(serialized)


def test_a_guest_sees_neither_inactive_variants_nor_their_stock() -> None:
    product = mixed_catalogue()[0]
    for_guest, for_seller = (product_page(product.pk, user=user) for user in (GUEST, product.seller))

    assert [each["is_active"] for each in for_seller["variants"]] == [True, True, False]
    assert for_guest["variants"] == for_seller["variants"][:2]
    assert (for_guest["stock"], for_seller["stock"]) == (3, 5)


def test_inactive_products_have_a_page_only_for_their_seller() -> None:
    product = shop.product(is_active=False)

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
            response = APIClient().get(path.format(id=product.pk))
        assert response.status_code == 200
