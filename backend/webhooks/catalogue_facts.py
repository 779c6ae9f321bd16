"""Events of products, levels of stock and prices."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from backend.api.money import written
from backend.catalog.models import PriceChange, Product, Variant
from backend.inventory.models import StockAlert, StockLevel
from backend.webhooks.models import PublishedProduct
from backend.webhooks.recording import NewEvent
from backend.webhooks.wanted import Scope, Wanted

NEW = timedelta(days=1)
"""An older product that was never published counts as updated, not as created."""


def of_products(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of products that differ from what was published of them (4 queries).

    What is published is stored; the caller's transaction stores the events.
    """
    products = Product.objects.filter(pk__in=keys).select_related("category").prefetch_related("variants")
    known = {row.product_id: row for row in PublishedProduct.objects.filter(product__in=keys)}
    new_since = max(now - NEW, wanted.since("product."))
    found: dict[int, Sequence[NewEvent]] = {}
    changed: list[PublishedProduct] = []
    for product in products:
        data = _product(product)
        fingerprint = "" if product.deleted_at else _fingerprint(data)
        row = known.get(product.pk)
        if row is not None and row.fingerprint == fingerprint:
            continue
        name = _product_type(product, is_new=row is None and product.created_at >= new_since)
        version = 1 if row is None else row.version + 1
        changed.append(PublishedProduct(product=product, fingerprint=fingerprint, version=version))
        scopes: set[Scope] = {None, product.seller_id}
        found[product.pk] = [
            NewEvent(
                type=name,
                source=f"product:{product.pk}:{version}",
                object=f"product:{product.pk}",
                scope=scope,
                occurred_at=now,
                data=data,
            )
            for scope in wanted.scopes(name) & scopes
        ]
    PublishedProduct.objects.bulk_create(
        changed, update_conflicts=True, update_fields=["fingerprint", "version"], unique_fields=["product"]
    )
    return found


def _product_type(product: Product, *, is_new: bool) -> str:
    if product.deleted_at is not None:
        return "product.deleted"
    return "product.created" if is_new else "product.updated"


def _product(product: Product) -> dict[str, Any]:
    currency = product.currency
    return {
        "product_id": product.pk,
        "seller_id": product.seller_id,
        "title": product.title,
        "slug": product.slug,
        "brand": product.brand,
        "category": product.category.path,
        "currency": currency,
        "price": written(product.price, currency=currency),
        "sale_price": written(product.sale_price, currency=currency),
        "tax_class": product.tax_class,
        "is_active": product.is_active,
        "is_deleted": product.deleted_at is not None,
        "attributes": product.attributes,
        "variants": [_variant(variant, currency=currency) for variant in product.variants.all()],
    }


def _variant(variant: Variant, *, currency: str) -> dict[str, Any]:
    return {
        "variant_id": variant.pk,
        "sku": variant.sku,
        "name": variant.name,
        "sale_price": written(variant.sale_price, currency=currency),
        "attributes": variant.attributes,
        "is_active": variant.is_active,
    }


def _fingerprint(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def of_stock_alerts(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of changed levels of stock, by the id of the alert (1 query)."""
    rows = StockAlert.objects.filter(pk__in=keys).select_related("variant__product")
    return {row.pk: _of_stock_alert(row, wanted) for row in rows}


def _of_stock_alert(row: StockAlert, wanted: Wanted) -> list[NewEvent]:
    data = {
        **_identity(row.variant),
        "level": row.level,
        "previous_level": row.previous_level,
        "available": row.available,
        "threshold": row.threshold,
    }
    return _of_variant(
        _stock_type(row),
        row.variant,
        source=f"stock_alert:{row.pk}",
        occurred_at=row.created_at,
        data=data,
        wanted=wanted,
    )


def _stock_type(row: StockAlert) -> str:
    if row.previous_level == StockLevel.OUT:
        return "stock.back"
    names = {StockLevel.OUT: "stock.out", StockLevel.LOW: "stock.low"}
    return names.get(StockLevel(row.level), "stock.sufficient")


def of_prices(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of changed prices, by the id of the change (1 query)."""
    rows = PriceChange.objects.filter(pk__in=keys).select_related("variant__product")
    return {row.pk: _of_price(row, wanted) for row in rows}


def _of_price(row: PriceChange, wanted: Wanted) -> list[NewEvent]:
    currency = row.currency
    data = {
        **_identity(row.variant),
        "currency": currency,
        "old_price": None if row.old_price is None else written(row.old_price, currency=currency),
        "new_price": written(row.new_price, currency=currency),
        "list_price": written(row.list_price, currency=currency),
    }
    return _of_variant(
        "price.changed",
        row.variant,
        source=f"price_change:{row.pk}",
        occurred_at=row.changed_at,
        data=data,
        wanted=wanted,
    )


def _identity(variant: Variant) -> dict[str, Any]:
    return {
        "product_id": variant.product_id,
        "variant_id": variant.pk,
        "sku": variant.sku,
        "seller_id": variant.product.seller_id,
    }


def _of_variant(
    name: str,
    variant: Variant,
    *,
    source: str,
    occurred_at: datetime,
    data: Mapping[str, Any],
    wanted: Wanted,
) -> list[NewEvent]:
    scopes: set[Scope] = {None, variant.product.seller_id}
    return [
        NewEvent(
            type=name,
            source=source,
            object=f"product:{variant.product_id}",
            scope=scope,
            occurred_at=occurred_at,
            data=data,
        )
        for scope in wanted.scopes(name) & scopes
    ]
