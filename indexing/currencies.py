"""The currency of a search's prices: prices in several currencies can't be compared."""

from collections.abc import Mapping
from dataclasses import replace

from indexing.request import SearchRequest


def price_currency(request: SearchRequest, currencies: Mapping[str, int]) -> str | None:
    """Return the currency of the prices of `request`.

    It is the one that the filters name, or else the shop's, or, if no product has that one, the one of the
    most products. `currencies` are the numbers of products by currency.
    """
    if request.filters.currency:
        return request.filters.currency.upper()
    if request.currency in currencies or not currencies:
        return request.currency or None
    return min(currencies, key=lambda code: (-currencies[code], code))


def in_one_currency(request: SearchRequest, currencies: Mapping[str, int]) -> SearchRequest:
    """Return `request` for products of one currency, if it compares prices and products have several."""
    if request.filters.currency or len(currencies) < 2 or not request.compares_prices:
        return request
    currency = price_currency(request, currencies)
    return replace(request, filters=request.filters.replaced(currency=currency))
