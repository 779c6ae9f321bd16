"""Promotions for tests."""

from decimal import Decimal
from typing import Any

from django.db.models import Field

from backend.promotions.codes import add_codes
from backend.promotions.models import Promotion
from backend.promotions.services import FIELDS, create_promotion
from tests.backend.shop import NOW, SYSTEM

DEFAULTS: dict[str, Any] = {
    name: field.get_default()
    for name in FIELDS
    if isinstance(field := Promotion._meta.get_field(name), Field)
}


def promotion(*codes: str, max_uses: int | None = None, **fields: Any) -> Promotion:
    """Store a promotion of 10 % on all items, or another one, with these codes."""
    values: dict[str, Any] = {
        **DEFAULTS,
        "name": "Ten percent",
        "level": "item",
        "kind": "percentage",
        "value": "10",
        "starts_at": NOW,
        "code_required": bool(codes),
        **fields,
    }
    for name in ("value", "minimum_amount"):
        values[name] = None if values[name] is None else Decimal(values[name])
    row = create_promotion(values, by=SYSTEM)
    row.refresh_from_db()
    if codes:
        add_codes(row.pk, codes=codes, max_uses=max_uses, batch="", by=SYSTEM, now=NOW)
    return row
