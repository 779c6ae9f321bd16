"""Documents of products, with defaults for what a test doesn't set."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from indexing.document import CategoryReference, ProductDocument, VariantDocument

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def category(path: str) -> tuple[CategoryReference, ...]:
    """Return the categories of a path such as "Home > Lighting", from the root down."""
    names = path.split(" > ")
    steps = [names[: depth + 1] for depth in range(len(names))]
    return tuple(
        CategoryReference(
            id=len(step), name=step[-1], slug="-".join(step).lower().replace(" ", "-"), path=" > ".join(step)
        )
        for step in steps
    )


PRODUCT_PRICE = Decimal(-1)
"""The price of a variant that has the price of its product."""


def variant(
    number: int, *, available: int = 5, price: Decimal = PRODUCT_PRICE, **attributes: str
) -> VariantDocument:
    """Return a variant."""
    return VariantDocument(
        id=number,
        name="",
        sku=f"SKU-{number}",
        price=price,
        sale_price=price,
        available=available,
        attributes=attributes,
    )


def product(number: int, title: str = "Thing", *, price: str = "10.00", **fields: Any) -> ProductDocument:
    """Return a product; the higher its number, the newer it is."""
    defaults: dict[str, Any] = {
        "slug": f"product-{number}",
        "description": "",
        "brand": "",
        "categories": (),
        "seller_id": 1,
        "currency": "GBP",
        "discount_percentage": Decimal(0),
        "flash_sale": False,
        "best_seller_product": False,
        "featured_product": False,
        "rating_average": None,
        "rating_count": 0,
        "popularity": 0,
        "attributes": {},
        "image_urls": (),
        "variants": (variant(number * 100),),
        "created_at": NOW + timedelta(minutes=number),
        "updated_at": NOW,
    }
    amount = Decimal(price)
    values: dict[str, Any] = defaults | fields
    values["variants"] = tuple(
        replace(each, price=amount, sale_price=amount) if each.price == PRODUCT_PRICE else each
        for each in values["variants"]
    )
    lowest = min([each.sale_price for each in values["variants"]], default=amount)
    values = {"price": lowest, "sale_price": lowest} | values
    return ProductDocument(id=number, title=title, **values)
