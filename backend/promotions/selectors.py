"""Queries of promotions."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from backend.catalog.models import Category
from backend.promotions.errors import PromotionNotFound
from backend.promotions.models import Promotion, PromotionCode, PromotionUse
from backend.promotions.reading import rule_of
from backend.promotions.rules import Rule


def promotion_for(promotion_id: int, *, is_locked: bool = False) -> Promotion:
    """Return a promotion, locked until the end of the caller's transaction if `is_locked`.

    The lock waits for the orders that are using the promotion, and new ones wait for it, also without a cap.

    Raises:
        PromotionNotFound: there is no such promotion.
    """
    rows = Promotion.objects.all()
    row = (rows.select_for_update() if is_locked else rows).filter(pk=promotion_id).first()
    if row is None:
        raise PromotionNotFound(promotion_id=promotion_id)
    return row


def codes_of(promotion_id: int) -> QuerySet[PromotionCode]:
    """Return the codes of a promotion.

    Raises:
        PromotionNotFound: there is no such promotion.
    """
    return PromotionCode.objects.filter(promotion=promotion_for(promotion_id)).order_by("pk")


def statistics_of(promotion_id: int) -> list[Mapping[str, Any]]:
    """Return the orders, units and amounts of a promotion by currency, without what was given back."""
    promotion_for(promotion_id)
    uses = PromotionUse.objects.filter(promotion=promotion_id, given_back_at=None).order_by("currency")
    rows = uses.values("currency").annotate(
        orders=Count("pk"), units=Sum("units") - Sum("units_given_back"), amount=Sum("amount")
    )
    return list(rows)


def units_left(promotion_ids: Collection[int]) -> dict[int, int]:
    """Return the units that are left of those promotions that have a number of units, by id."""
    rows = Promotion.objects.filter(pk__in=promotion_ids, unit_cap__isnull=False)
    return dict(rows.annotate(left=F("unit_cap") - F("units_used")).values_list("pk", "left"))


def all_rules() -> list[Rule]:
    """Return all promotions as rules, whatever their state (2 queries)."""
    promotions = list(Promotion.objects.all())
    selections = [each for row in promotions for each in (row.target, row.bought, row.excluded)]
    ids = {pk for selection in selections for pk in selection.get("categories", ())}
    paths = dict(Category.objects.filter(pk__in=ids).values_list("pk", "path"))
    return [rule_of(row, paths=paths) for row in promotions]
