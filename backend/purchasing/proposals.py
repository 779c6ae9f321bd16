"""Proposals of what to order, from the reorder rules."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from backend.catalog.models import Variant
from backend.inventory.selectors import short_units
from backend.purchasing.demand import weekly_demand
from backend.purchasing.forecast import Forecast, Levels, forecast, levels, quantity_to_order
from backend.purchasing.models import ORDERED, PurchaseOrderLine, PurchaseOrderStatus, ReorderRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Units of a variant to order, and the figures that explain them."""

    rule: ReorderRule
    quantity: int
    available: int
    short: int
    incoming: int
    expected: Forecast
    levels: Levels

    @property
    def variant(self) -> Variant:
        """The variant to order."""
        return self.rule.variant

    @property
    def figures(self) -> dict[str, float]:
        """The figures, as an order line stores them."""
        return {
            "available": self.available,
            "short": self.short,
            "incoming": self.incoming,
            "weekly_demand": round(self.expected.weekly, 2),
            "weekly_deviation": round(self.expected.deviation, 2),
            "weeks_known": self.expected.weeks,
            "reorder_point": self.levels.reorder_point,
            "target_stock": self.levels.target,
        }


def rules_for_reordering() -> QuerySet[ReorderRule]:
    """Return the rules of variants that are for sale, ordered by variant."""
    rows = ReorderRule.objects.filter(
        variant__is_active=True, variant__product__is_active=True, variant__product__deleted_at=None
    )
    return rows.select_related("variant__product", "supplier").order_by("variant_id")


def proposals(rules: Sequence[ReorderRule], *, now: datetime) -> list[Proposal]:
    """Return what `rules` propose to order now (6 queries); variants above their reorder point are left out.

    Units that reservations lack are sold already, so they are ordered in addition. Units of open purchase
    orders count as incoming, except those that drafts have by earlier proposals, which this one replaces. A
    variant whose draft line was edited is left out.
    """
    edited = _edited_variants(rules)
    rules = [rule for rule in rules if rule.variant_id not in edited]
    variant_ids = [rule.variant_id for rule in rules]
    demand = weekly_demand(variant_ids, now=now)
    incoming = incoming_units(variant_ids)
    short = short_units(variant_ids)
    found = [
        _proposal(
            rule,
            expected=forecast(demand[rule.variant_id]),
            short=short.get(rule.variant_id, 0),
            incoming=incoming.get(rule.variant_id, 0),
        )
        for rule in rules
    ]
    return [proposal for proposal in found if proposal.quantity > 0]


def incoming_units(variant_ids: Collection[int]) -> dict[int, int]:
    """Return the units that approved and sent purchase orders still expect, by variant."""
    lines = PurchaseOrderLine.objects.filter(variant_id__in=variant_ids, order__status__in=ORDERED)
    outstanding = lines.filter(Q(quantity__gt=F("received"))).values_list("variant_id").order_by()
    return dict(outstanding.annotate(units=Sum(F("quantity") - F("received"))))


def _edited_variants(rules: Sequence[ReorderRule]) -> set[int]:
    edited = draft_lines([rule.variant_id for rule in rules]).filter(is_edited=True)
    return set(edited.values_list("variant_id", flat=True))


def draft_lines(variant_ids: Collection[int]) -> QuerySet[PurchaseOrderLine]:
    """Return the lines that drafts have for the variants."""
    return PurchaseOrderLine.objects.filter(
        variant_id__in=variant_ids, order__status=PurchaseOrderStatus.DRAFT
    )


def _proposal(rule: ReorderRule, *, expected: Forecast, short: int, incoming: int) -> Proposal:
    wanted = levels(
        expected,
        lead_time_days=rule.lead_time_days,
        reorder_point=rule.reorder_point,
        target_stock=rule.target_stock,
    )
    available = rule.variant.available
    return Proposal(
        rule=rule,
        quantity=quantity_to_order(available - short + incoming, wanted=wanted, pack_size=rule.pack_size),
        available=available,
        short=short,
        incoming=incoming,
        expected=expected,
        levels=wanted,
    )
