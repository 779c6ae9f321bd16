"""The generated catalogue."""

from datetime import UTC, datetime

import numpy as np
import pytest

from backend.api import money
from demo.catalogue import generate_assortment
from demo.vocabulary import load


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
def test_prices_have_the_decimal_places_of_the_currency(currency: str) -> None:
    assortment = generate_assortment(
        load(),
        count=40,
        currency=currency,
        begins_at=datetime(2026, 1, 1, tzinfo=UTC),
        days=30,
        rng=np.random.default_rng(1),
    )
    amounts = [product.price for product in assortment.products]
    amounts += [variant.price_modifier for product in assortment.products for variant in product.variants]
    assert [amount for amount in amounts if not money.is_precise(amount, currency=currency)] == []
