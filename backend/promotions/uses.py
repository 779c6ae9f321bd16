"""Takes uses of promotions for an order, and gives them back when it is cancelled.

Both run in the transaction of the order. Conditional updates are what keeps caps: of two orders that want the
last use, the second finds none, however the transactions overlap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Greatest

from backend.api.owners import Owner
from backend.api.statements import statement
from backend.outbox.services import publish, publish_many
from backend.outbox.topics import Topic
from backend.promotions.errors import PromotionUsedUp
from backend.promotions.models import CartCode, CustomerUse, Promotion, PromotionCode, PromotionUse
from backend.promotions.reading import rule_of
from backend.promotions.rules import Code, Rule

SQL = Path(__file__).parent / "sql"
Taken = set[tuple[str, int]]
"""What was taken of a promotion: its own counters ("promotion"), its code's ("code"), the customer's.

A promotion without a cap counts as taken if it still exists and still has none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What an order uses of a promotion; `code` is None for an automatic one."""

    rule: Rule
    code: Code | None = None
    units: int = 0
    amount: Decimal

    @property
    def is_counted(self) -> bool:
        """Whether the promotion's own row counts the use, because it has a cap."""
        return self.rule.unit_cap is not None or self.rule.use_cap is not None

    @property
    def is_code_counted(self) -> bool:
        """Whether the code's row counts the use, because it has a cap."""
        return self.code is not None and self.code.max_uses is not None


def take_uses(uses: Iterable[Use], *, cart: Owner, used_by: str) -> None:
    """Take the uses, and remove the codes from the cart; `used_by` is the key of the customer, or empty.

    On PostgreSQL this is one statement.

    Raises:
        PromotionUsedUp: a cap doesn't allow one of them; the caller's transaction must be rolled back.
    """
    uses = sorted(uses, key=lambda use: use.rule.id)
    take = _taken_at_once if connection.vendor == "postgresql" else _taken_one_by_one
    missing = _wanted(uses, used_by=used_by) - take(uses, cart=cart, used_by=used_by)
    if missing:
        raise _used_up([use for use in uses if any(pk == use.rule.id for _, pk in missing)])


def _taken_at_once(uses: Sequence[Use], *, cart: Owner, used_by: str) -> Taken:
    counted = [use for use in uses if use.is_counted]
    parameters: dict[str, Any] = {
        "promotions": [use.rule.id for use in counted],
        "units": [use.units for use in counted],
        "uncounted": [use.rule.id for use in uses if not use.is_counted],
        "codes": [use.code.code for use in uses if use.is_code_counted and use.code],
        "of_customer": [use.rule.id for use in uses if used_by],
        "owner": used_by,
        "user_id": cart.user_id,
        "guest": cart.guest,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement(SQL, "take_uses"), parameters)
        return set(cursor.fetchall())


def _taken_one_by_one(uses: Sequence[Use], *, cart: Owner, used_by: str) -> Taken:
    """Take the uses by several statements, for SQLite, which has one writer at a time."""
    CartCode.objects.filter(**cart.columns()).delete()
    return _taken(uses, used_by=used_by)


def _wanted(uses: Iterable[Use], *, used_by: str) -> Taken:
    wanted: Taken = set()
    for use in uses:
        parts = (("promotion", True), ("code", use.is_code_counted), ("customer", bool(used_by)))
        wanted |= {(what, use.rule.id) for what, is_counted in parts if is_counted}
    return wanted


def _taken(uses: Sequence[Use], *, used_by: str) -> Taken:
    """Take uses, sorted by promotion; all promotions, then all codes, then all counters of the customer.

    Rows are locked in the sequence of the SQL file: otherwise orders could deadlock.
    """
    taken = {("promotion", use.rule.id) for use in uses if _is_taken(use)}
    coded = [(use.code.code, use.rule.id) for use in uses if use.is_code_counted and use.code]
    for code, pk in sorted(coded):
        if PromotionCode.objects.filter(code=code, uses__lt=F("max_uses")).update(uses=F("uses") + 1):
            taken.add(("code", pk))
    of_customer = uses if used_by else ()
    return taken | {
        ("customer", use.rule.id) for use in of_customer if _is_taken_by_customer(use.rule, used_by=used_by)
    }


def _is_taken(use: Use) -> bool:
    rows = Promotion.objects.filter(pk=use.rule.id)
    if not use.is_counted:
        return rows.filter(unit_cap=None, use_cap=None).exists()
    free = Q(unit_cap=None) | Q(units_used__lte=F("unit_cap") - use.units)
    rows = rows.filter(free, Q(use_cap=None) | Q(uses__lt=F("use_cap")))
    return bool(rows.update(units_used=F("units_used") + use.units, uses=F("uses") + 1))


def _is_taken_by_customer(rule: Rule, *, used_by: str) -> bool:
    row, is_new = CustomerUse.objects.get_or_create(promotion_id=rule.id, owner=used_by, defaults={"uses": 1})
    if is_new:
        return True
    rows = CustomerUse.objects.filter(pk=row.pk)
    if rule.customer_use_cap is not None:
        rows = rows.filter(uses__lt=rule.customer_use_cap)
    return bool(rows.update(uses=F("uses") + 1))


def _used_up(uses: Sequence[Use]) -> PromotionUsedUp:
    left = Promotion.objects.exclude(unit_cap=None).annotate(left=F("unit_cap") - F("units_used"))
    units_left: Mapping[int, int] = dict(left.values_list("pk", "left"))
    return PromotionUsedUp(
        promotions=[
            {
                "id": use.rule.id,
                "name": use.rule.name,
                "code": use.code.code if use.code else "",
                "units_left": units_left.get(use.rule.id),
            }
            for use in uses
        ]
    )


def use_rows(uses: Iterable[Use], *, order_number: str, currency: str, now: datetime) -> list[PromotionUse]:
    """Return the unsaved rows of what an order uses."""
    return [
        PromotionUse(
            promotion_id=use.rule.id,
            order_number=order_number,
            code=use.code.code if use.code else "",
            units=use.units,
            units_given_back=0,
            amount=use.amount,
            currency=currency,
            is_counted=use.is_counted,
            used_at=now,
        )
        for use in sorted(uses, key=lambda use: use.rule.id)
    ]


def give_back(
    order_number: str, *, units: Mapping[int, int], is_cancelled: bool, used_by: str, now: datetime
) -> None:
    """Give back what an order no longer uses; the caller has locked the order.

    `units` are all reduced units that are cancelled so far, by promotion id. If the order `is_cancelled` as a
    whole, its uses and codes are given back too, once.
    """
    given: list[tuple[PromotionUse, int]] = []
    uses = PromotionUse.objects.filter(order_number=order_number, given_back_at=None)
    for use in uses.order_by("promotion_id"):
        total = use.units if is_cancelled else min(use.units, units.get(use.promotion_id, 0))
        fewer = max(0, total - use.units_given_back)
        if not fewer and not is_cancelled:
            continue
        changes: dict[str, Any] = {"units_given_back": use.units_given_back + fewer}
        if is_cancelled:
            changes["given_back_at"] = now
        unchanged = PromotionUse.objects.filter(
            pk=use.pk, given_back_at=None, units_given_back=use.units_given_back
        )
        if unchanged.update(**changes):
            given.append((use, fewer))
    _count_back(given, is_cancelled=is_cancelled, used_by=used_by)


def take_again(order_number: str, *, used_by: str) -> None:
    """Take the uses again that an order gave back when it expired; the caller has locked the order.

    Raises:
        PromotionUsedUp: a cap doesn't allow one of them; the caller's transaction must be rolled back.
    """
    rows = PromotionUse.objects.filter(order_number=order_number).exclude(given_back_at=None)
    again = {row.pk: _use_of(row) for row in rows.select_related("promotion").order_by("promotion_id")}
    uses = list(again.values())
    if missing := _wanted(uses, used_by=used_by) - _taken(uses, used_by=used_by):
        raise _used_up([use for use in uses if any(pk == use.rule.id for _, pk in missing)])
    for pk, use in again.items():
        # A cap may have been removed since, so that this use is not counted.
        PromotionUse.objects.filter(pk=pk).update(
            given_back_at=None, units_given_back=0, is_counted=use.is_counted
        )
    publish_many(Topic.PROMOTION, sorted({use.rule.id for use in uses if use.is_counted}))


def _use_of(row: PromotionUse) -> Use:
    rule = rule_of(row.promotion, paths={})
    code = PromotionCode.objects.filter(code=row.code, max_uses__isnull=False).first()
    return Use(
        rule=rule,
        code=Code(code=code.code, rule_id=rule.id, max_uses=code.max_uses) if code else None,
        units=row.units,
        amount=row.amount,
    )


def _count_back(given: Sequence[tuple[PromotionUse, int]], *, is_cancelled: bool, used_by: str) -> None:
    """Give back uses with their units, sorted by promotion, in the sequence of `_taken`."""
    for use, units in given:
        if use.is_counted:
            Promotion.objects.filter(pk=use.promotion_id).update(
                units_used=Greatest(0, F("units_used") - units),
                uses=Greatest(0, F("uses") - (1 if is_cancelled else 0)),
            )
            publish(Topic.PROMOTION, use.promotion_id)
    if not is_cancelled:
        return
    for code in sorted(use.code for use, _ in given if use.code):
        codes = PromotionCode.objects.filter(code=code, max_uses__isnull=False, uses__gt=0)
        codes.update(uses=F("uses") - 1)
    for use, _ in given if used_by else ():
        customers = CustomerUse.objects.filter(promotion=use.promotion_id, owner=used_by, uses__gt=0)
        customers.update(uses=F("uses") - 1)
