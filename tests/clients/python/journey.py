"""Search for a product, order it and cancel the order, with only the generated client.

Usage: python journey.py ADDRESS PHONE PASSWORD, with the generated package on the path. Prints a summary as JSON.
"""

import json
import sys
from collections.abc import Sequence
from uuid import UUID

from vitrine_client import AuthenticatedClient, Client
from vitrine_client.api.accounts import accounts_login
from vitrine_client.api.cart import cart_items_create
from vitrine_client.api.orders import orders_cancel, orders_create
from vitrine_client.api.search import search_results_list, search_suggestions_list
from vitrine_client.models import (
    AddressRequest,
    CancelRequest,
    CategoryBucket,
    CheckoutRequest,
    LoginRequest,
    NewCartItemRequest,
    Order,
    OrderEnvelope,
    SearchPage,
    SuggestionListEnvelope,
    TokensEnvelope,
)
from vitrine_client.models.cart_envelope import CartEnvelope

ADDRESS = AddressRequest(street="123 Main St", city="New York", postal_code="10001", country="USA")


def log_in(address: str, *, phone: str, password: str) -> AuthenticatedClient:
    """Return a client with the access token of the account."""
    guest = Client(base_url=address, raise_on_unexpected_status=True)
    response = accounts_login.sync(client=guest, body=LoginRequest(phone=phone, password=password))
    assert isinstance(response, TokensEnvelope), response
    return AuthenticatedClient(
        base_url=address, token=response.data.access_token, raise_on_unexpected_status=True
    )


def search(shop: AuthenticatedClient, query: str) -> tuple[int, UUID, int]:
    """Return the id of the first hit, the exposure id of the list, and the number of categories in its facet."""
    page = search_results_list.sync(client=shop, q=query, in_stock=True)
    assert isinstance(page, SearchPage), page
    assert page.exposure_id is not None
    return page.results[0].id, page.exposure_id, count(page.facets.categories)


def suggest(shop: AuthenticatedClient, typed: str) -> list[str]:
    """Return the prices of the suggested products."""
    response = search_suggestions_list.sync(client=shop, q=typed)
    assert isinstance(response, SuggestionListEnvelope), response
    return [each.product.sale_price for each in response.data if each.product is not None]


def count(buckets: Sequence[CategoryBucket]) -> int:
    """Return the number of buckets, including their descendants."""
    return sum(1 + count(bucket.children) for bucket in buckets)


def add_to_cart(shop: AuthenticatedClient, *, product: int, exposure: UUID) -> str:
    """Add two units of the product to the cart; return the cart's subtotal."""
    item = NewCartItemRequest(product_id=product, quantity=2, exposure_id=exposure)
    response = cart_items_create.sync(client=shop, body=item)
    assert isinstance(response, CartEnvelope), response
    assert response.data.items[0].exposure_id == exposure
    subtotal: str = response.data.subtotal
    return subtotal


def check_out(shop: AuthenticatedClient, *, expected_total: str, key: str) -> Order:
    """Place an order and return it."""
    body = CheckoutRequest(shipping_address=ADDRESS, expected_total=expected_total)
    response = orders_create.sync(client=shop, body=body, idempotency_key=key)
    assert isinstance(response, OrderEnvelope), response
    return response.data


def main(address: str, phone: str, password: str) -> None:
    """Run the journey and print a summary as JSON."""
    shop = log_in(address, phone=phone, password=password)
    prices = suggest(shop, "lam")
    product, exposure, categories = search(shop, "lamp")
    total = add_to_cart(shop, product=product, exposure=exposure)
    order = check_out(shop, expected_total=total, key=f"python-{exposure}")
    repeated = check_out(shop, expected_total=total, key=f"python-{exposure}")
    assert repeated.id == order.id
    cancelled = orders_cancel.sync(order.id, client=shop, body=CancelRequest(note="changed my mind"))
    assert isinstance(cancelled, OrderEnvelope), cancelled
    second = orders_cancel.sync(order.id, client=shop, body=CancelRequest())
    assert second is not None
    assert not isinstance(second, OrderEnvelope)
    [item] = order.items
    summary = {
        "exposure": item.exposure_id == exposure,
        "title": item.product_snapshot.title,
        "total": order.total_amount == total,
        "categories": categories > 0,
        "suggested": len(prices) > 0,
        "status": str(cancelled.data.status),
        "second": str(second.code),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main(*sys.argv[1:])
