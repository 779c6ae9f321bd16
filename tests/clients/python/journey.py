"""A shopper who searches, orders what was found, and cancels the order, with nothing but generated types.

Usage: python journey.py ADDRESS PHONE PASSWORD, with the generated package on the path; prints what happened.
"""

import json
import sys
from collections.abc import Sequence
from uuid import UUID

from vitrine_client import AuthenticatedClient, Client
from vitrine_client.api.accounts import accounts_login
from vitrine_client.api.cart import cart_items_create
from vitrine_client.api.orders import orders_cancel, orders_create
from vitrine_client.api.search import search_results_list
from vitrine_client.models import (
    AddressRequest,
    CategoryBucket,
    CheckoutRequest,
    LoginRequest,
    NewCartItemRequest,
    Order,
    OrderEnvelope,
    SearchPage,
    StepRequest,
    TokensEnvelope,
)
from vitrine_client.models.cart_envelope import CartEnvelope

ADDRESS = AddressRequest(street="123 Main St", city="New York", postal_code="10001", country="USA")


def log_in(address: str, *, phone: str, password: str) -> AuthenticatedClient:
    """Return a client with the access token of the account."""
    guest = Client(base_url=address, raise_on_unexpected_status=True)
    answer = accounts_login.sync(client=guest, body=LoginRequest(phone=phone, password=password))
    assert isinstance(answer, TokensEnvelope), answer
    return AuthenticatedClient(
        base_url=address, token=answer.data.access_token, raise_on_unexpected_status=True
    )


def search(shop: AuthenticatedClient, query: str) -> tuple[int, UUID, int]:
    """Return the first hit, the exposure of the list, and how many categories its facet has."""
    page = search_results_list.sync(client=shop, q=query, in_stock=True)
    assert isinstance(page, SearchPage), page
    assert page.exposure_id is not None
    return page.results[0].id, page.exposure_id, count(page.facets.categories)


def count(buckets: Sequence[CategoryBucket]) -> int:
    """Return the number of buckets with those below them."""
    return sum(1 + count(bucket.children) for bucket in buckets)


def add_to_cart(shop: AuthenticatedClient, *, product: int, exposure: UUID) -> str:
    """Return the cart's subtotal with two units of the product in it."""
    item = NewCartItemRequest(product_id=product, quantity=2, exposure_id=exposure)
    answer = cart_items_create.sync(client=shop, body=item)
    assert isinstance(answer, CartEnvelope), answer
    assert answer.data.items[0].exposure_id == exposure
    subtotal: str = answer.data.subtotal
    return subtotal


def check_out(shop: AuthenticatedClient, *, expected_total: str, key: str) -> Order:
    """Return the order."""
    body = CheckoutRequest(shipping_address=ADDRESS, expected_total=expected_total)
    answer = orders_create.sync(client=shop, body=body, idempotency_key=key)
    assert isinstance(answer, OrderEnvelope), answer
    return answer.data


def main(address: str, phone: str, password: str) -> None:
    """Walk the journey and print what happened as JSON."""
    shop = log_in(address, phone=phone, password=password)
    product, exposure, categories = search(shop, "lamp")
    total = add_to_cart(shop, product=product, exposure=exposure)
    order = check_out(shop, expected_total=total, key=f"python-{exposure}")
    repeated = check_out(shop, expected_total=total, key=f"python-{exposure}")
    assert repeated.id == order.id
    cancelled = orders_cancel.sync(order.id, client=shop, body=StepRequest(note="changed my mind"))
    assert isinstance(cancelled, OrderEnvelope), cancelled
    second = orders_cancel.sync(order.id, client=shop, body=StepRequest())
    assert second is not None
    assert not isinstance(second, OrderEnvelope)
    [item] = order.items
    happened = {
        "exposure": item.exposure_id == exposure,
        "title": item.product_snapshot.title,
        "total": order.total_amount == total,
        "categories": categories > 0,
        "status": str(cancelled.data.status),
        "second": str(second.code),
    }
    print(json.dumps(happened))


if __name__ == "__main__":
    main(*sys.argv[1:])
