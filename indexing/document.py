"""One product as a search engine sees it: everything a page of products needs, and nothing else."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

MINOR_UNITS = 100


class CategoryReference(msgspec.Struct, frozen=True, kw_only=True):
    """A category on the way from the root of the tree to the product's own."""

    id: int
    name: str
    slug: str
    path: str
    """Names from the root, joined by " > "."""


class VariantDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is stocked; only active variants are part of a document."""

    id: int
    name: str
    sku: str
    price: Decimal
    sale_price: Decimal
    available: int
    """Units that can still be bought: stock less what is reserved."""
    attributes: dict[str, str] = {}
    image_url: str = ""


class ProductDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is listed, with its variants. A function of database rows alone."""

    id: int
    title: str
    slug: str
    description: str
    brand: str
    categories: tuple[CategoryReference, ...]
    """From the root to the product's own category; empty for a product without one."""
    seller_id: int
    price: Decimal
    sale_price: Decimal
    """The lowest sale price of the active variants: what lists show, filter and sort by."""
    currency: str
    discount_percentage: Decimal
    flash_sale: bool
    best_seller_product: bool
    featured_product: bool
    rating_average: Decimal | None
    """From 1 to 5; None while nobody has rated."""
    rating_count: int
    popularity: int
    """Units bought; the unit matters to no engine, only the order."""
    attributes: dict[str, str]
    image_urls: tuple[str, ...]
    variants: tuple[VariantDocument, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def in_stock(self) -> bool:
        """Whether any variant can be bought."""
        return any(variant.available > 0 for variant in self.variants)

    @property
    def category(self) -> CategoryReference | None:
        """The product's own category, the deepest of its path."""
        return self.categories[-1] if self.categories else None


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a shopper can put into the cart, as attribute filters see it."""

    attributes: Mapping[str, str]
    available: bool


def varying_attributes(document: ProductDocument) -> frozenset[str]:
    """Return the attribute names that belong to the variants of this product.

    A name belongs either to the product or to its variants, never to both: as soon as one variant states it,
    the product's value is only what variants without one inherit.
    """
    return frozenset(name for variant in document.variants for name in variant.attributes)


def selections(document: ProductDocument) -> Iterator[Selection]:
    """Yield each variant with what it inherits; a product without active variants yields itself, sold out."""
    if not document.variants:
        yield Selection(attributes=document.attributes, available=False)
    for variant in document.variants:
        yield Selection(
            attributes={**document.attributes, **variant.attributes}, available=variant.available > 0
        )


def minor_units(amount: Decimal) -> int:
    """Return `amount` in hundredths of its currency, which engines can compare exactly.

    Raises ValueError where that would lose something.
    """
    scaled = amount * MINOR_UNITS
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than two decimal places")
    return int(scaled)
