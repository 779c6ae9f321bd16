"""The cases of cases.yaml."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.promotions.explanation import Reduction, Refusal, ShippingReduction
from backend.promotions.rules import Code, Kind, Level, Line, Measure, Rule, Selection, Tier
from tests.backend.promotions.rules import evaluated, line, rule

# Numbers stay texts, so that an amount keeps its decimal places.
CASES: dict[str, dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "cases.yaml").read_text(), Loader=yaml.BaseLoader
)


def cart_of(items: list[str]) -> dict[str, Line]:
    found = {}
    for number, item in enumerate(items, start=1):
        quantity, name, price = item.split()
        found[name] = line(number, price, quantity=int(quantity))
    return found


def rules_of(case: dict[str, Any], cart: dict[str, Line]) -> dict[str, Rule]:
    currency = case.get("currency", "USD")

    def selection(names: list[str]) -> Selection:
        variants = frozenset(cart[name].variant_id if name in cart else 99 for name in names)
        return Selection(variants=variants, is_empty=False)

    reads: dict[str, Any] = {
        "level": Level,
        "kind": Kind,
        "tier_measure": Measure,
        "currency": str,
        "tiers": lambda pairs: tuple(Tier(Decimal(low), Decimal(value)) for low, value in pairs),
        **dict.fromkeys(("target", "bought", "excluded"), selection),
        **dict.fromkeys(("value", "minimum_amount"), Decimal),
        **dict.fromkeys(("stackable", "exclusive", "code_required"), lambda text: text == "true"),
        **dict.fromkeys(
            ("priority", "buy_units", "get_units", "unit_cap", "units_used", "minimum_units"), int
        ),
    }
    found = {}
    for number, (name, fields) in enumerate(case["promotions"].items(), start=1):
        values = {key: reads[key](value) for key, value in fields.items()}
        if values.get("kind") == Kind.AMOUNT:
            values = {"currency": currency, **values}
        found[name] = rule(number, **values)
    return found


def told(refusal: Refusal, names: dict[int, str]) -> str:
    parts = [str(refusal.reason)]
    if refusal.other_id is not None:
        parts.append(names[refusal.other_id])
    if refusal.missing_amount is not None:
        parts.append(str(refusal.missing_amount))
    if refusal.missing_units is not None:
        parts.append(f"{refusal.missing_units} unit{'s' if refusal.missing_units > 1 else ''}")
    return " ".join(parts)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case(case: dict[str, Any]) -> None:
    cart = cart_of(case["cart"])
    rules = rules_of(case, cart)
    names = {each.id: name for name, each in rules.items()}
    codes = {text: Code(code=text, rule_id=rules[name].id) for text, name in case.get("codes", {}).items()}
    evaluation = evaluated(
        list(cart.values()), *rules.values(), codes=codes, currency=case.get("currency", "USD")
    )
    reductions: list[Reduction | ShippingReduction] = [
        *evaluation.reductions,
        *evaluation.shipping(Decimal(case.get("shipping", 0))),
    ]
    costs = {
        name: each.unit_price * each.quantity - evaluation.discounts.get(each.variant_id, 0)
        for name, each in cart.items()
    }
    assert [(names[each.rule.id], str(each.amount)) for each in reductions] == list(
        case.get("applied", {}).items()
    )
    assert {name: str(cost) for name, cost in costs.items()} == case["costs"]
    assert {names[each.rule.id]: told(each, names) for each in evaluation.refusals} == case.get("refused", {})
