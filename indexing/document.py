"""The product document, which contains everything that a list of products shows.

During an upgrade, processes of two releases read each other's documents. A new field therefore needs a
default, and a field is removed only when no running release reads it any more.

Documents refer to no object that refers to them, so the garbage collector needn't traverse them (`gc=False`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

DECODED_DOCUMENTS = 2_048
"""Documents that a process remembers decoded, by their content: best sellers are on many pages."""


class CategoryReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A category on the path from the root of the tree to the product's own category."""

    id: int
    name: str
    slug: str
    path: str
    """Names from the root, joined by " > "."""


class PromotionReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The promotion that a reduced price shows."""

    id: int
    name: str
    ends_at: str | None = None
    """In ISO 8601; None without an end."""
    is_flash_sale: bool = False
    is_limited: bool = False
    """Whether it ends with a number of units."""


def promoted_by(promotion: PromotionReference | None) -> dict[str, Any] | None:
    """Return a promotion by the names of its fields."""
    return None if promotion is None else msgspec.structs.asdict(promotion)


class VariantDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A variant of a product; a document holds the active ones only."""

    id: int
    name: str
    sku: str
    price: Decimal
    sale_price: Decimal
    available: int
    """Units that can still be bought: stock less what is reserved."""
    attributes: dict[str, str] = {}
    image_url: str = ""
    lowest_price_30_days: Decimal | None = None
    """The lowest price of the 30 days before a reduction; None without one."""
    promotion: PromotionReference | None = None


class ProductDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A listed product with its variants, computed from database rows alone."""

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
    """The lowest sale price of the active variants, which lists show, filter and sort by."""
    currency: str
    discount_percentage: Decimal
    flash_sale: bool
    best_seller_product: bool
    featured_product: bool
    rating_average: Decimal | None
    """From 1 to 5; None without ratings."""
    rating_count: int
    popularity: int
    """Units bought."""
    attributes: dict[str, str]
    image_urls: tuple[str, ...]
    variants: tuple[VariantDocument, ...]
    created_at: datetime
    updated_at: datetime
    thumbnail_url: str | None = None
    """The first image as lists show it."""
    rating_score: Decimal | None = None
    """The Bayesian mean of the ratings, for sorting; None without ratings."""
    lowest_price_30_days: Decimal | None = None
    """That of the cheapest variant, as its promotion is."""
    promotion: PromotionReference | None = None

    @property
    def is_promoted(self) -> bool:
        """Whether a promotion reduces the price of a variant."""
        return any(variant.promotion is not None for variant in self.variants)

    @property
    def promoted_by(self) -> dict[str, Any] | None:
        """The promotion, as the catalogue stores it."""
        return promoted_by(self.promotion)

    @property
    def image_url(self) -> str | None:
        """The address of the first image."""
        return self.image_urls[0] if self.image_urls else None

    @property
    def in_stock(self) -> bool:
        """Whether any variant can be bought."""
        return any(variant.available > 0 for variant in self.variants)

    @property
    def category(self) -> CategoryReference | None:
        """The product's own category, the deepest of its path."""
        return self.categories[-1] if self.categories else None


@lru_cache(DECODED_DOCUMENTS)
def decoded(stored: bytes) -> ProductDocument:
    """Return the document that an index stores as JSON; equal ones are mostly the same object.

    Raises:
        msgspec.DecodeError: it isn't one.
    """
    return msgspec.json.decode(stored, type=ProductDocument)


class SuggestedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a product document that a suggestion shows."""

    id: int
    title: str
    slug: str
    brand: str
    price: Decimal
    sale_price: Decimal
    currency: str
    image_urls: tuple[str, ...] = ()
    thumbnail_url: str | None = None

    @property
    def image_url(self) -> str | None:
        """The address of the first image."""
        return self.image_urls[0] if self.image_urls else None


class Selection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a shopper can choose: a variant with the attributes that it inherits from its product."""

    attributes: Mapping[str, str]
    price: Decimal
    """The sale price."""
    available: bool
    variant: VariantDocument | None
    """None for a product without active variants, which is listed as sold out."""


def varying_attributes(document: ProductDocument) -> frozenset[str]:
    """Return the attribute names that belong to the variants of this product.

    A name belongs either to the product or to its variants, never to both: once one variant has a value for
    it, the product's value is a default for the variants that have none.
    """
    return frozenset(name for variant in document.variants for name in variant.attributes)


def selections(document: ProductDocument) -> Iterator[Selection]:
    """Yield a selection for each variant, or one that is sold out if there are no active variants."""
    if not document.variants:
        yield Selection(
            attributes=document.attributes, price=document.sale_price, available=False, variant=None
        )
    for variant in document.variants:
        yield Selection(
            attributes={**document.attributes, **variant.attributes},
            price=variant.sale_price,
            available=variant.available > 0,
            variant=variant,
        )
