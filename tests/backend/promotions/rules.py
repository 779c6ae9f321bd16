"""Rules and lines for tests of evaluations."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.promotions.evaluation import Evaluation, evaluate
from backend.promotions.rules import NOBODY, Code, Customer, Kind, Level, Line, Rule
from tests.backend.shop import NOW


def line(variant_id: int, price: str, quantity: int = 1, **fields: Any) -> Line:
    values: dict[str, Any] = {
        "product_id": variant_id,
        "category_path": "Home > Lamps",
        "brand": "Kupfer",
        "seller_id": 1,
        **fields,
    }
    return Line(variant_id=variant_id, quantity=quantity, unit_price=Decimal(price), **values)


def rule(rule_id: int = 1, **fields: Any) -> Rule:
    values: dict[str, Any] = {
        "level": Level.ITEM,
        "kind": Kind.PERCENTAGE,
        "value": Decimal(10),
        "starts_at": NOW,
        **fields,
    }
    return Rule(id=rule_id, name=f"rule {rule_id}", **values)


def evaluated(
    lines: list[Line],
    *rules: Rule,
    codes: Mapping[str, Code | None] | None = None,
    customer: Customer = NOBODY,
    currency: str = "USD",
    now: datetime = NOW,
) -> Evaluation:
    return evaluate(lines, rules=rules, codes=codes or {}, customer=customer, currency=currency, now=now)
