"""Changes to promotions. They apply to carts that are read and orders that are placed afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.promotions.checks import require_valid
from backend.promotions.errors import PromotionEditedMeanwhile, PromotionUsed
from backend.promotions.models import Promotion
from backend.promotions.selectors import promotion_for

FIELDS = (
    "name",
    "description",
    "level",
    "kind",
    "value",
    "currency",
    "tiers",
    "tier_measure",
    "buy_units",
    "get_units",
    "target",
    "bought",
    "excluded",
    "code_required",
    "priority",
    "stackable",
    "exclusive",
    "starts_at",
    "ends_at",
    "is_active",
    "is_flash_sale",
    "unit_cap",
    "use_cap",
    "customer_use_cap",
    "minimum_amount",
    "minimum_units",
)
CAPS = ("unit_cap", "use_cap")


def create_promotion(values: Mapping[str, Any], *, by: Actor) -> Promotion:
    """Create a promotion.

    Raises:
        InvalidInput: fields contradict each other, or a selection names something that doesn't exist.
    """
    row = Promotion(**{name: values[name] for name in FIELDS})
    require_valid(row)
    with transaction.atomic():
        row.save(force_insert=True)
        changes = differences(dict.fromkeys(FIELDS), _values(row))
        publish(Topic.PROMOTION, row.pk)
        record("promotions.promotion_created", by=by, subject=row, changes=changes)
    return row


def update_promotion(
    promotion_id: int, *, changes: Mapping[str, Any], version: int, by: Actor, now: datetime
) -> Promotion:
    """Change fields of a promotion that has `version`, and return it.

    A promotion that orders have used keeps its caps, or changes their numbers: uses without a cap were not
    counted.

    Raises:
        PromotionNotFound: there is no such promotion.
        PromotionEditedMeanwhile: it has another version.
        InvalidInput: fields contradict each other, or a cap is added after the first use.
    """
    with transaction.atomic():
        row = promotion_for(promotion_id, is_locked=True)
        if row.version != version:
            raise PromotionEditedMeanwhile(version=row.version)
        before = _values(row)
        for name, value in changes.items():
            setattr(row, name, value)
        _require_counted(row, before=before)
        require_valid(row, before=before)
        if changed := differences(before, _values(row)):
            row.version, row.updated_at = row.version + 1, now
            row.save(update_fields=[*FIELDS, "version", "updated_at"])
            publish(Topic.PROMOTION, row.pk)
            record("promotions.promotion_updated", by=by, subject=row, changes=changed)
    return row


def delete_promotion(promotion_id: int, *, by: Actor) -> None:
    """Delete a promotion that no order has used, with its codes.

    Raises:
        PromotionNotFound: there is no such promotion.
        PromotionUsed: an order has used it.
    """
    with transaction.atomic():
        row = promotion_for(promotion_id, is_locked=True)
        if row.used_in.exists():
            raise PromotionUsed(promotion_id=promotion_id)
        changes = differences(_values(row), dict.fromkeys(FIELDS))
        publish(Topic.PROMOTION, row.pk)
        record("promotions.promotion_deleted", by=by, subject=row, changes=changes)
        row.delete()


def _require_counted(row: Promotion, *, before: Mapping[str, Any]) -> None:
    was_counted = any(before[name] is not None for name in CAPS)
    faults = {
        name: "Orders have used the promotion without a cap, and were not counted."
        for name in CAPS
        if getattr(row, name) is not None and not was_counted
    }
    if faults and row.used_in.exists():
        raise InvalidInput(**faults)


def _values(row: Promotion) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS}
