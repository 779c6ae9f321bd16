"""Imported products, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from msgspec import UNSET, UnsetType


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVariant:
    """An imported variant; its stock is recorded in the ledger separately.

    `discount_percentage` is None if the product's applies. The weight is UNSET if the file doesn't state it;
    then it isn't changed.
    """

    sku: str
    name: str = ""
    price_modifier: Decimal = Decimal(0)
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str = ""
    discount_percentage: Decimal | None = None
    weight_grams: int | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProduct:
    """An imported product; `category` has the names of its categories from the root.

    The flags, `is_active` and `created_at` are used only when the product is created. The tax class is UNSET
    if the file doesn't state it; then it isn't changed.
    """

    reference: str
    title: str
    category: tuple[str, ...]
    price: Decimal
    currency: str
    variants: tuple[ImportedVariant, ...]
    description: str = ""
    brand: str = ""
    discount_percentage: Decimal = Decimal(0)
    rating_average: Decimal | None = None
    rating_count: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_urls: tuple[str, ...] = ()
    is_active: bool = True
    featured_product: bool = False
    created_at: datetime | None = None
    tax_class: str | UnsetType = UNSET


@dataclass(slots=True)
class Upserted:
    """The references of the products by outcome; `refused` maps them to reasons.

    `transferred` are those of the updated ones that belonged to another seller. `ids` has the ids of all
    products that were not refused.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    transferred: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
