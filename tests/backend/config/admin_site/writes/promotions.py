"""Writes of promotions."""

from backend.promotions.models import Promotion, PromotionCode
from tests.backend.config.admin_site.writes.write import GONE, Write, values
from tests.backend.promotions.shop import promotion

NEW = {
    "name": "Lamps",
    "level": "item",
    "kind": "percentage",
    "value": "10",
    "tiers": "[]",
    "tier_measure": "units",
    "buy_units": "0",
    "get_units": "0",
    "target": '{"brands": ["Kupfer"]}',
    "bought": "{}",
    "excluded": "{}",
    "priority": "100",
    "starts_at_0": "2026-03-02",
    "starts_at_1": "12:00:00",
}

PROMOTIONS = (
    Write(
        model=Promotion,
        name="create",
        arrange=lambda _: None,
        sent=values(**NEW),
        wrong=values(**NEW | {"target": '{"brand": ["Kupfer"]}'}),
        error="Unknown: brand.",
        state=lambda _: [row.target for row in Promotion.objects.all()],
        expected=[{"brands": ["Kupfer"]}],
        audit="promotions.promotion_created",
    ),
    Write(
        model=Promotion,
        name="change",
        arrange=lambda _: promotion(),
        sent=values(value="20"),
        wrong=values(value="0"),
        error="Must be more than 0.",
        state=lambda row: int(row.value),
        expected=20,
        audit="promotions.promotion_updated",
    ),
    Write(
        model=Promotion,
        name="remove",
        arrange=lambda _: promotion(),
        error=GONE,
        state=lambda _: Promotion.objects.count(),
        expected=0,
        audit="promotions.promotion_deleted",
    ),
    Write(
        model=Promotion,
        name="codes",
        arrange=lambda _: promotion("FIRST"),
        sent=values(texts="second\nthird", max_uses="1"),
        wrong=values(texts="first", max_uses="1"),
        error="exists already",
        state=lambda _: list(PromotionCode.objects.values_list("code", flat=True)),
        expected=["FIRST", "SECOND", "THIRD"],
        audit="promotions.codes_added",
    ),
)
