"""Catalogue queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, OrderBy, QuerySet, When
from rest_framework.exceptions import NotAuthenticated

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.catalog.categories import matching_categories, with_descendants
from backend.catalog.errors import NotYourProduct, ProductNotFound, VariantNotFound
from backend.catalog.models import Product, Variant
from backend.catalog.visibility import Ownership, require_visible

ORDERINGS: dict[str, tuple[str | OrderBy, ...]] = {
    "newest": ("-created_at", "-id"),
    "price_low": ("sale_price", "id"),
    "price_high": ("-sale_price", "id"),
    "popularity": ("-popularity", "id"),
    "rating": (F("rating_score").desc(nulls_last=True), "-rating_count", "id"),
    "relevance": ("-popularity", "-created_at", "id"),
}


DEFAULT_ORDERING = "newest"
LOOKUPS = {
    "ids": "pk__in",
    "slug": "slug",
    "flash_sale": "flash_sale",
    "best_seller_product": "best_seller_product",
    "featured_product": "featured_product",
    "brand": "brand__iexact",
    "seller": "seller_id",
    "min_price": "sale_price__gte",
    "max_price": "sale_price__lte",
}
"""The lookup of each filter that compares a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilters:
    """The filters of a product list; None means no filter.

    `mine` and `is_active=False` list products that are not shown to shoppers, so they need a user.
    """

    ids: tuple[int, ...] | None = None
    slug: str | None = None
    mine: bool = False
    is_active: bool | None = None

    flash_sale: bool | None = None
    best_seller_product: bool | None = None
    featured_product: bool | None = None
    category: str | None = None
    brand: str | None = None
    seller: int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None


def products_listed(
    filters: ProductFilters, *, sort_by: str | None = None, user: object = None
) -> QuerySet[Product]:
    """Return the products that match `filters` and that `user` may see, in the requested order.

    Without `sort_by` they are in the order of `ids`, or without `ids`, newest first.

    Raises:
        InvalidInput: no category has this name, slug or path.
        NotAuthenticated: a guest requests products that are not shown to shoppers.
    """
    rows = _visible(filters, user=user)
    conditions = {lookup: getattr(filters, name) for name, lookup in LOOKUPS.items()}
    rows = rows.filter(**{lookup: value for lookup, value in conditions.items() if value is not None})
    if filters.category is not None:
        categories = matching_categories(filters.category)
        if not categories:
            raise InvalidInput(category=[f"There is no category {filters.category!r}."])
        rows = rows.filter(with_descendants(categories))
    if sort_by is None and filters.ids:
        return rows.order_by(_place_in(filters.ids))
    return rows.order_by(*ORDERINGS[sort_by or DEFAULT_ORDERING])


def _visible(filters: ProductFilters, *, user: object) -> QuerySet[Product]:
    if not filters.mine and filters.is_active is not False:
        return Product.objects.listed()
    if not isinstance(user, User):
        raise NotAuthenticated
    rows = Product.objects.existing()
    if filters.is_active is not None:
        rows = rows.filter(is_active=filters.is_active)
    return rows if user.has_area(StaffArea.CATALOGUE) and not filters.mine else rows.filter(seller=user)


def _place_in(ids: Sequence[int]) -> Case:
    return Case(*[When(pk=product_id, then=place) for place, product_id in enumerate(ids)])


def shown(rows: QuerySet[Product]) -> QuerySet[Product]:
    """Return `rows` with the related rows that responses include, in a fixed number of queries."""
    return rows.select_related("category", "seller").prefetch_related("variants")


def require_product(product_id: int) -> None:
    """Check that the product exists, whether or not it is listed.

    Raises:
        ProductNotFound: it doesn't exist, or is deleted.
    """
    if not Product.objects.existing().filter(pk=product_id).exists():
        raise ProductNotFound(product_id=product_id)


def product_for(product_id: int, *, user: object) -> Product:
    """Return the product; an unlisted one only for its seller and for staff.

    Raises:
        ProductNotFound: it doesn't exist, or the user may not see it.
    """
    product = shown(Product.objects.existing().filter(pk=product_id)).first()
    if product is None:
        raise ProductNotFound(product_id=product_id)
    require_visible(product_id, ownership=_ownership(product), user=user)
    return product


def _ownership(product: Product) -> Ownership:
    return Ownership(product.seller_id, product.is_active)


def require_changeable(product_id: int, *, user: object) -> None:
    """Refuse changes to a product unless the user is its seller or staff.

    Raises:
        ProductNotFound: it doesn't exist, or the user may not see it.
        NotYourProduct: the user may see it, but not change it.
    """
    row = Product.objects.existing().filter(pk=product_id).values_list("seller_id", "is_active").first()
    if row is None:
        raise ProductNotFound(product_id=product_id)
    ownership = Ownership(*row)
    require_visible(product_id, ownership=ownership, user=user)
    if not ownership.is_changeable_by(user):
        raise NotYourProduct(product_id=product_id)


def variants_of(product_id: int, *, user: object) -> list[Variant]:
    """Return the product's active variants; for its seller and staff, all variants.

    Raises:
        ProductNotFound: it doesn't exist, or the user may not see it.
    """
    product = product_for(product_id, user=user)
    sees_inactive = _ownership(product).is_changeable_by(user)
    return [variant for variant in product.variants.all() if sees_inactive or variant.is_active]


def variant_for(variant_id: int, *, product_id: int, user: object) -> Variant:
    """Return a variant of the product; an inactive one only for its seller and for staff.

    Raises:
        ProductNotFound: the product doesn't exist, or the user may not see it.
        VariantNotFound: the product has no such variant, or the user may not see it.
    """
    for variant in variants_of(product_id, user=user):
        if variant.pk == variant_id:
            return variant
    raise VariantNotFound(variant_id=variant_id)


def product_of_slug(slug: str) -> tuple[int, str]:
    """Return the id and the present slug of the listed product that has or had this slug.

    Raises:
        ProductNotFound: no listed product had it.
    """
    listed = Product.objects.listed().order_by("pk").values_list("pk", "slug")
    # Products of an earlier release have no reserved slugs until `slugs.complete` reserves them.
    found = listed.filter(slugs__slug=slug).first() or listed.filter(slug=slug, slugs=None).first()
    if found is None:
        raise ProductNotFound(slug=slug)
    return found
