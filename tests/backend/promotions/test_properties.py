"""What holds for every cart and every set of promotions."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.api import money
from backend.promotions.rules import Code, Customer, Kind, Level, Line, Measure, Rule, Selection, Tier
from tests.backend.promotions.rules import evaluated, line
from tests.backend.shop import NOW

BRANDS = ("Kupfer", "Messing", "")
PATHS = ("Home", "Home > Lamps", "Home > Lamps > Desk", "Garden")
CURRENCIES = st.sampled_from(["JPY", "USD", "KWD"])


@st.composite
def carts(draw: st.DrawFn, currency: str) -> list[Line]:
    unit = money.quantum(currency)
    return [
        line(
            number,
            str(draw(st.integers(0, 20_000)) * unit),
            quantity=draw(st.integers(1, 12)),
            brand=draw(st.sampled_from(BRANDS)),
            category_path=draw(st.sampled_from(PATHS)),
        )
        for number in draw(st.sets(st.integers(1, 9), min_size=1, max_size=5))
    ]


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    found: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "variants": st.frozensets(st.integers(1, 9), min_size=1, max_size=3),
                "brands": st.frozensets(st.sampled_from(["kupfer", "messing"]), min_size=1),
                "category_paths": st.tuples(st.sampled_from(PATHS)),
            },
        )
    )
    return Selection(**found, is_empty=not found)


@st.composite
def rules(draw: st.DrawFn, currency: str, rule_id: int) -> Rule:
    unit = money.quantum(currency)
    level = draw(st.sampled_from(Level))
    kinds = list(Kind) if level == Level.ITEM else [Kind.PERCENTAGE, Kind.AMOUNT]
    kind = draw(st.sampled_from(kinds))
    amounts = st.integers(1, 9_999).map(lambda number: number * unit)
    values = amounts if kind == Kind.AMOUNT else st.decimals(1, 100, places=4)
    low, high = sorted(draw(st.sets(st.integers(1, 20), min_size=2, max_size=2)))
    tiers = (Tier(Decimal(low), draw(values)), Tier(Decimal(high), draw(values)))
    has_tiers = kind != Kind.BUY_GET and draw(st.booleans())
    return Rule(
        id=rule_id,
        level=level,
        kind=kind,
        value=draw(values),
        currency=currency if kind == Kind.AMOUNT else "",
        tiers=tiers if has_tiers else (),
        tier_measure=draw(st.sampled_from(Measure)),
        buy_units=draw(st.integers(1, 3)),
        get_units=draw(st.integers(1, 3)),
        target=draw(selections()),
        bought=draw(selections()) if kind == Kind.BUY_GET else Selection(),
        excluded=draw(st.sampled_from([Selection(), Selection(variants=frozenset({1}), is_empty=False)])),
        code_required=draw(st.booleans()),
        priority=draw(st.integers(0, 2)),
        stackable=draw(st.booleans()),
        exclusive=draw(st.sampled_from([False, False, False, True])),
        starts_at=NOW + timedelta(hours=draw(st.integers(-2, 1))),
        ends_at=draw(st.sampled_from([None, NOW, NOW + timedelta(hours=2)])),
        unit_cap=draw(st.sampled_from([None, 1, 3])) if level == Level.ITEM else None,
        units_used=draw(st.integers(0, 1)),
        use_cap=draw(st.sampled_from([None, 1])),
        uses=draw(st.integers(0, 1)),
        customer_use_cap=draw(st.sampled_from([None, 1])),
        minimum_amount=draw(st.sampled_from([None, 500 * unit])),
        minimum_units=draw(st.sampled_from([None, 3])),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Line], list[Rule], dict[str, Code | None], Customer]:
    currency = draw(CURRENCIES)
    found = [draw(rules(currency, number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    codes: dict[str, Code | None] = {
        f"CODE{each.id}": Code(
            code=f"CODE{each.id}", rule_id=each.id, max_uses=draw(st.sampled_from([None, 1])), uses=0
        )
        for each in found
        if draw(st.booleans())
    }
    customer = Customer(uses={1: draw(st.integers(0, 1))})
    return currency, draw(carts(currency)), found, codes, customer


@given(case=cases(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_every_evaluation_keeps_its_promises(case: Any, data: st.DataObject) -> None:
    currency, lines, found, codes, customer = case
    evaluation = evaluated(lines, *found, codes=codes, customer=customer, currency=currency)
    costs = {each.variant_id: each.unit_price * each.quantity for each in lines}
    units = {each.variant_id: each.quantity for each in lines}
    price = data.draw(st.integers(0, 2_000)) * money.quantum(currency)
    shipping = evaluation.shipping(price)

    # Sums hold, and no line and no shipping costs less than 0.
    by_promotion = sum((each.amount for each in evaluation.reductions), Decimal(0))
    assert by_promotion == evaluation.discount_amount == sum(evaluation.discounts.values(), Decimal(0))
    for variant_id, discount in evaluation.discounts.items():
        assert 0 < discount <= costs[variant_id]
        assert money.is_precise(discount, currency=currency)
    assert sum((each.amount for each in shipping), Decimal(0)) <= price
    assert all(each.amount > 0 and money.is_precise(each.amount, currency=currency) for each in shipping)

    # Every promotion is explained once.
    applied = [each.rule.id for each in evaluation.reductions]
    applied += [each.id for each, _, _ in evaluation.shipping_rules]
    refused = [each.rule.id for each in evaluation.refusals]
    assert sorted(applied + refused) == [each.id for each in found]

    for reduction in evaluation.reductions:
        rule = reduction.rule
        # Conditions, caps and selections hold.
        assert rule.starts_at <= NOW
        assert rule.ends_at is None or rule.ends_at > NOW
        assert reduction.code or not rule.code_required
        assert rule.use_cap is None or rule.uses < rule.use_cap
        assert rule.customer_use_cap is None or customer.uses.get(rule.id, 0) < rule.customer_use_cap
        assert rule.units_left is None or reduction.unit_count <= rule.units_left
        for each in lines:
            if each.variant_id in reduction.amounts:
                assert rule.reduces(each)
                assert reduction.units[each.variant_id] <= units[each.variant_id]

    # A promotion that is exclusive stands alone.
    if any(each.exclusive for each in found if each.id in applied):
        assert len(applied) == 1

    # A unit has at most one promotion of a level, if one of them doesn't stack.
    for variant_id, quantity in units.items():
        for level in (Level.ITEM, Level.ORDER):
            own = [
                each
                for each in evaluation.reductions
                if each.rule.level == level and variant_id in each.amounts
            ]
            alone = sum(each.units[variant_id] for each in own if not each.rule.stackable)
            together = [each.units[variant_id] for each in own if each.rule.stackable]
            assert alone + max(together, default=0) <= quantity


@given(case=cases(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_result_does_not_depend_on_the_sequence(case: Any, data: st.DataObject) -> None:
    currency, lines, found, codes, customer = case
    first = evaluated(lines, *found, codes=codes, customer=customer, currency=currency)
    second = evaluated(
        data.draw(st.permutations(lines)),
        *data.draw(st.permutations(found)),
        codes=dict(data.draw(st.permutations(list(codes.items())))),
        customer=customer,
        currency=currency,
    )
    assert first == second
    assert first.shipping(Decimal(500)) == second.shipping(Decimal(500))
