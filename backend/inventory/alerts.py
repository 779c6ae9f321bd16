"""Stock alerts: changes of a variant's level (sufficient, low, out).

Levels are compared when a product's message arrives from the outbox, not in the transactions that change
stock, so checkout takes no longer. A change that is reversed before the comparison is no alert. The known
level is updated together with the alert under a lock, so that a message that is delivered twice alerts once.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.models import (
    InventoryTransaction,
    KnownStockLevel,
    StockAlert,
    StockLevel,
    StockThreshold,
)
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


def level_of(available: int, *, threshold: int) -> StockLevel:
    """Return the level of a variant with `available` units."""
    if available == 0:
        return StockLevel.OUT
    return StockLevel.LOW if available <= threshold else StockLevel.SUFFICIENT


def compare_levels(product_ids: Collection[int], *, now: datetime) -> list[StockAlert]:
    """Record and publish an alert for each active variant of the products whose level changed.

    A variant that was never stocked has no level. One that is compared for the first time only gets its
    known level.
    """
    with transaction.atomic():
        known = _known_levels(product_ids)
        alerts, changed = [], []
        # Read after the lock was taken, so that a level that is out of date never replaces a newer one.
        for variant in _compared(product_ids).filter(pk__in=known):
            threshold = threshold_of(variant)
            level = level_of(variant.available, threshold=threshold)
            row = known[variant.pk]
            if row.level != level:
                alerts.append(_alert(variant, row=row, level=level, threshold=threshold, now=now))
                row.level = level
                changed.append(row)
        KnownStockLevel.objects.bulk_update(changed, ["level"])
        made = StockAlert.objects.bulk_create(alerts)
        publish_many(Topic.STOCK_ALERT, [alert.pk for alert in made])
    return made


def _compared(product_ids: Collection[int]) -> QuerySet[Variant]:
    stocked = InventoryTransaction.objects.filter(variant=OuterRef("pk"), effect__gt=0)
    rows = Variant.objects.filter(
        Exists(stocked),
        product_id__in=product_ids,
        product__deleted_at=None,
        product__is_active=True,
        is_active=True,
    )
    return rows.select_related("stock_threshold").order_by("pk")


def _known_levels(product_ids: Collection[int]) -> dict[int, KnownStockLevel]:
    """Lock and return the known levels by variant id; a variant without one gets its present level."""
    KnownStockLevel.objects.bulk_create(
        [
            KnownStockLevel(
                variant=variant, level=level_of(variant.available, threshold=threshold_of(variant))
            )
            for variant in _compared(product_ids).filter(known_stock_level=None)
        ],
        ignore_conflicts=True,
    )
    rows = KnownStockLevel.objects.select_for_update(of=("self",)).filter(variant__product__in=product_ids)
    return {row.variant_id: row for row in rows.order_by("variant_id")}


def _alert(
    variant: Variant, *, row: KnownStockLevel, level: StockLevel, threshold: int, now: datetime
) -> StockAlert:
    return StockAlert(
        variant=variant,
        level=level,
        previous_level=row.level,
        available=variant.available,
        threshold=threshold,
        created_at=now,
    )


def threshold_of(variant: Variant) -> int:
    """Return the number of available units at or below which the variant is low on stock."""
    own = own_threshold_of(variant)
    return int(settings.LOW_STOCK_THRESHOLD) if own is None else own


def own_threshold_of(variant: Variant) -> int | None:
    """Return the threshold that was set for the variant; None if the shop's applies."""
    own = getattr(variant, "stock_threshold", None)
    return None if own is None else int(own.units)


def set_threshold(variant: Variant, *, units: int | None, by: Actor) -> None:
    """Set the variant's threshold; None restores the shop's."""
    with transaction.atomic():
        before = StockThreshold.objects.filter(variant=variant).values_list("units", flat=True).first()
        if units is None:
            StockThreshold.objects.filter(variant=variant).delete()
        else:
            StockThreshold.objects.update_or_create(variant=variant, defaults={"units": units})
        record("inventory.threshold_set", by=by, subject=variant, changes={"threshold": (before, units)})
        products_changed({variant.product_id})
