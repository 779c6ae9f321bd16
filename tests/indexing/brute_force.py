"""What a search must find, computed product by product, without any code of the engines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from indexing.document import ProductDocument, VariantDocument


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The filters of a request; None and empty collections don't exclude anything."""

    brands: Collection[str] = ()
    category: str | None = None
    currency: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    attributes: Mapping[str, Collection[str]] | None = None


def same(text: str) -> str:
    """Return `text` as values are compared."""
    return " ".join(text.split()).casefold()


def own(product: ProductDocument, variant: VariantDocument | None) -> dict[str, str]:
    """Return the attributes of a variant with those of its product, by compared name."""
    found = {same(name): value for name, value in product.attributes.items()}
    if variant is not None:
        found |= {same(name): value for name, value in variant.attributes.items()}
    return found


def price_of(product: ProductDocument, variant: VariantDocument | None) -> Decimal:
    """Return the sale price of a variant, or of a product without variants."""
    return product.sale_price if variant is None else variant.sale_price


def matching(product: ProductDocument, wanted: Wanted) -> list[VariantDocument | None]:
    """Return the variants that satisfy the conditions on variants."""
    return [each for each in product.variants or (None,) if _matches(product, each, wanted)]


def _matches(product: ProductDocument, variant: VariantDocument | None, wanted: Wanted) -> bool:
    price, attributes = price_of(product, variant), own(product, variant)
    return (
        (wanted.min_price is None or price >= wanted.min_price)
        and (wanted.max_price is None or price <= wanted.max_price)
        and (wanted.in_stock is not True or (variant is not None and variant.available > 0))
        and all(
            same(attributes.get(same(name), "")) in {same(value) for value in values}
            for name, values in (wanted.attributes or {}).items()
        )
    )


def found(products: Sequence[ProductDocument], wanted: Wanted) -> list[ProductDocument]:
    """Return the products that a search finds."""
    return [each for each in products if _passes(each, wanted)]


def _passes(product: ProductDocument, wanted: Wanted) -> bool:
    in_stock = any(each.available > 0 for each in product.variants)
    return (
        (not wanted.brands or same(product.brand) in {same(each) for each in wanted.brands})
        and (wanted.category is None or wanted.category in {each.path for each in product.categories})
        and (wanted.currency is None or product.currency == wanted.currency)
        and (wanted.in_stock is not False or not in_stock)
        and bool(matching(product, wanted))
    )


def shown_price(product: ProductDocument, wanted: Wanted) -> Decimal:
    """Return the price that a list shows: the lowest of the matching variants."""
    return min(price_of(product, each) for each in matching(product, wanted))


def attributes(products: Sequence[ProductDocument]) -> list[tuple[str, str]]:
    """Return the compared names and values of all attributes."""
    variants = [(product, each) for product in products for each in product.variants or (None,)]
    return sorted({(name, same(value)) for pair in variants for name, value in own(*pair).items()})
