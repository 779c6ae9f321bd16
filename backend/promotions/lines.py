"""Makes lines of an evaluation from variants."""

from collections.abc import Mapping

from backend.catalog.models import Variant
from backend.catalog.pricing import seller_price
from backend.promotions.rules import Line


def line_of(variant: Variant, *, quantity: int) -> Line:
    """Return units of a variant whose product and category are loaded."""
    product = variant.product
    return Line(
        variant_id=variant.pk,
        product_id=product.pk,
        category_path=product.category.path,
        brand=product.brand,
        seller_id=product.seller_id,
        quantity=quantity,
        unit_price=seller_price(variant),
    )


def lines_of(units: Mapping[int, int]) -> tuple[list[Line], list[Variant]]:
    """Return lines for units by variant id, and the variants (1 query); unknown ids are left out."""
    rows = Variant.objects.filter(pk__in=units).select_related("product__category").order_by("pk")
    variants = list(rows)
    return [line_of(row, quantity=units[row.pk]) for row in variants], variants
