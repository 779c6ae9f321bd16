"""Request bodies that are valid JSON but not an object."""

import pytest

from backend.catalog.models import Category
from tests.backend.api.schema.document import operations
from tests.backend.orders.steps import order_of
from tests.backend.shop import client_of, customer, seller, staff, variant

pytestmark = pytest.mark.django_db

WRITES = [
    (operation.method, operation.path)
    for operation in operations()
    if operation.method in ("POST", "PUT", "PATCH") and "requestBody" in operation.content
]


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "5", "true", "1e999"])
def test_every_write_refuses_a_body_that_is_not_an_object(body: str) -> None:
    lamp = variant(sold_by=seller())
    buyer = customer()
    order = order_of(buyer, {lamp.pk: 1})
    ids = {
        "product_id": lamp.product_id,
        "variant_id": lamp.pk,
        "category_id": Category.objects.latest("pk").pk,
        "order_id": order.pk,
        "item_id": 1,
        "image_id": 1,
        "number": "PO-1",
        "gateway": "test",
        "kind": "BACK_IN_STOCK",
        "delivery_id": 1,
        "address_id": 1,
        "rate_id": 1,
        "tax_rate_id": 1,
        "shipping_method_id": 1,
        "shipment_id": 1,
        "return_id": 1,
        "token": "x",
        "payment_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    }
    assert len(WRITES) > 10
    for method, path in WRITES:
        for user in (staff(), buyer):
            client = client_of(user)
            response = client.generic(method, path.format(**ids), body, content_type="application/json")
            assert response.status_code in (400, 403, 404, 409, 415), (method, path, body, response.content)
