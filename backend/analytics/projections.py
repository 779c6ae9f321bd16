"""Converts database rows to warehouse columns."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, TextField, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from analytics_pipeline.columns import NIL_UUID
from backend.accounts.models import ShopperLink
from backend.analytics import line_amounts
from backend.catalog.models import Product
from backend.inventory.models import AvailabilityChange
from backend.orders.models import Movement
from backend.reviews.models import Review, ReviewState

WarehouseColumns = dict[str, Sequence[Any]]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# Each column of the warehouse, with the source of its value and the value that replaces NULL.
_ORDER_FACTS: Mapping[str, tuple[str, Any]] = {
    "movement_id": ("pk", 0),
    "kind": ("kind", ""),
    "occurred_at": ("occurred_at", NEVER),
    "order_id": ("order_id", 0),
    "order_item_id": ("order_item_id", 0),
    "product_id": ("product_id", 0),
    "variant_id": ("variant_id", 0),
    "seller_id": ("seller_id", 0),
    "category_path": ("category_path", ""),
    "quantity": ("quantity", 0),
    "amount": ("amount", Decimal(0)),
    "currency": ("currency", ""),
    "brand": ("sold_brand", ""),
    "country": ("delivery_country", ""),
    "customer_key": ("customer__shopper_key", NIL_UUID),
    "shopper_key": ("shopper_key", NIL_UUID),
    "exposure_id": ("exposure_id", NIL_UUID),
    "cart_added_at": ("cart_added_at", NEVER),
    "placed_at": ("order__placed_at", NEVER),
    "device": ("order__device", ""),
    "is_bot": ("order__is_bot", False),
    "consent": ("order__consent", ""),
}
ORDER_FACT_COLUMNS = (*_ORDER_FACTS, *line_amounts.COLUMNS)
# What an order keeps of its products and its address. A return without an order has the brand that its
# product has when it is written.
_OF_ORDER = {
    "sold_brand": Coalesce(
        KeyTextTransform("brand", "order_item__product_snapshot"),
        F("product__brand"),
        output_field=TextField(),
    ),
    "delivery_country": Coalesce(
        KeyTextTransform("country", "order__shipping_address"), F("country"), output_field=TextField()
    ),
}
_PRODUCTS: Mapping[str, tuple[str, Any]] = {
    "product_id": ("pk", 0),
    "title": ("title", ""),
    "description": ("description", ""),
    "brand": ("brand", ""),
    "category_id": ("category_id", 0),
    "category_path": ("category__path", ""),
    "seller_id": ("seller_id", 0),
    "price": ("sale_price", Decimal(0)),
    "currency": ("currency", ""),
    "attributes": ("attributes", {}),
    "is_active": ("is_active", False),
    "available": ("units", 0),
    "rating_average": ("rating_average", 0),
    "rating_count": ("rating_count", 0),
    "created_at": ("created_at", NEVER),
    "deleted": ("gone", 0),
}
_AVAILABILITY: Mapping[str, tuple[str, Any]] = {
    "change_id": ("pk", 0),
    "variant_id": ("variant_id", 0),
    "product_id": ("variant__product_id", 0),
    "is_available": ("is_available", False),
    "changed_at": ("changed_at", NEVER),
}
AVAILABILITY_COLUMNS = tuple(_AVAILABILITY)
RATING_COLUMNS = ("review_id", "product_id", "shopper_key", "rating", "rated_at", "is_published")
_UNITS = Coalesce(Sum(F("variants__stock") - F("variants__reserved"), filter=Q(variants__is_active=True)), 0)
_GONE = Case(When(deleted_at=None, then=0), default=1, output_field=IntegerField())


def order_facts(movements: QuerySet[Movement], *, version: int) -> WarehouseColumns:
    """Return the movements as columns of `order_facts`."""
    return _order_facts(list(_fact_sources(movements)), version=version)


def order_facts_in_batches(
    movements: QuerySet[Movement], *, version: int, size: int
) -> Iterator[WarehouseColumns]:
    """Yield the movements as columns of `order_facts`, `size` at a time, by id."""
    rows = _fact_sources(movements.order_by("pk")).iterator(chunk_size=size)
    while batch := list(itertools.islice(rows, size)):
        yield _order_facts(batch, version=version)


def products(ids: Collection[int], *, version: int) -> WarehouseColumns:
    """Return the products, including deleted ones, as columns of `products`."""
    rows = Product.objects.filter(pk__in=ids).annotate(units=_UNITS, gone=_GONE).order_by()
    columns = _columns(list(rows.values_list(*_sources(_PRODUCTS))), _PRODUCTS, version=version)
    columns["attributes"] = [_texts(attributes) for attributes in columns["attributes"]]
    columns["rating_average"] = [float(rating) for rating in columns["rating_average"]]
    return columns


def shopper_links(ids: Collection[int]) -> WarehouseColumns:
    """Return the links as columns of `shopper_links`."""
    rows = ShopperLink.objects.filter(pk__in=ids).values_list(
        "anonymous_id", "user__shopper_key", "linked_at"
    )
    names = ("anonymous_key", "shopper_key", "linked_at")
    return _transposed(names, list(rows))


def availability_changes(changes: "QuerySet[AvailabilityChange]", *, version: int) -> WarehouseColumns:
    """Return the changes as columns of `availability_changes`."""
    rows = list(changes.values_list(*_sources(_AVAILABILITY)))
    columns = _columns(rows, _AVAILABILITY, version=version)
    columns["changed_at"] = [_to_the_millisecond(moment) for moment in columns["changed_at"]]
    return columns


def product_ratings(review_ids: Collection[int], *, version: int) -> WarehouseColumns:
    """Return the present ratings of the reviews as columns of `product_ratings`; one that is gone has none.

    Without consent to tracking, when it was written or now, a rating has no key.
    """
    found = {row.pk: row for row in Review.objects.filter(pk__in=review_ids).select_related("author")}
    rows = [_rating(review_id, found.get(review_id)) for review_id in review_ids]
    return _transposed(RATING_COLUMNS, rows) | {"version": [version] * len(rows)}


def _rating(review_id: int, row: Review | None) -> tuple[Any, ...]:
    if row is None:
        return (review_id, 0, NIL_UUID, 0, NEVER, False)
    is_tracked = row.is_tracked and row.author.tracking_consent is not False
    return (
        review_id,
        row.product_id,
        row.author.shopper_key if is_tracked else NIL_UUID,
        row.rating,
        _to_the_millisecond(row.edited_at or row.created_at),
        row.state == ReviewState.PUBLISHED,
    )


def _sources(mapping: Mapping[str, tuple[str, Any]]) -> list[str]:
    return [source for source, _ in mapping.values()]


def _fact_sources(movements: QuerySet[Movement]) -> "QuerySet[Movement, tuple[Any, ...]]":
    annotated = movements.annotate(**_OF_ORDER, **line_amounts.ANNOTATIONS)
    return annotated.values_list(*_sources(_ORDER_FACTS), *line_amounts.SOURCES)


def _order_facts(values: Sequence[tuple[Any, ...]], *, version: int) -> WarehouseColumns:
    columns = _columns([row[: len(_ORDER_FACTS)] for row in values], _ORDER_FACTS, version=version)
    columns |= line_amounts.columns([row[len(_ORDER_FACTS) :] for row in values])
    for name in ("occurred_at", "cart_added_at", "placed_at"):
        columns[name] = [_to_the_millisecond(moment) for moment in columns[name]]
    return columns


def _columns(
    values: Sequence[tuple[Any, ...]], mapping: Mapping[str, tuple[str, Any]], *, version: int
) -> WarehouseColumns:
    columns = _transposed(tuple(mapping), values)
    for name, (_, absent) in mapping.items():
        columns[name] = [absent if value is None else value for value in columns[name]]
    columns["version"] = [version] * len(values)
    return columns


def _to_the_millisecond(moment: datetime) -> datetime:
    """Return the moment rounded down to milliseconds, the precision of the warehouse's columns."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def _transposed(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> WarehouseColumns:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _texts(attributes: Mapping[str, object]) -> dict[str, list[str]]:
    """Return a list of texts for each attribute, also for an attribute with a single value."""
    return {
        name: [str(value) for value in values] if isinstance(values, list) else [str(values)]
        for name, values in attributes.items()
    }
