"""The currency of a search's prices: prices in several currencies can't be compared."""

from collections.abc import Mapping
from dataclasses import replace

from indexing.filters import Filters
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
    """Return `request` for products of one currency, if it compares prices and products have several.

    Limits of prices in rules are in the same currency, unless the rule names another one.
    """
    if len(currencies) < 2:
        return request
    currency = price_currency(request, currencies)
    filters = request.filters
    if request.compares_prices and not filters.currency:
        filters = filters.replaced(currency=currency)
    return replace(request, filters=filters).with_rule_filters(lambda each: _limited(each, currency))


def _limited(filters: Filters, currency: str | None) -> Filters:
    """Return filters of a rule; a limit of prices without a currency is in `currency`."""
    has_limit = filters.min_price is not None or filters.max_price is not None
    return filters.replaced(currency=currency) if has_limit and not filters.currency else filters
