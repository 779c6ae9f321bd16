"""Evaluates promotions: a pure function of a cart, the rules, the codes, the customer and the time.

docs/decisions/promotions.md explains the order in which promotions are applied. The result doesn't depend on
the sequence of lines, rules or codes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from backend.api import money
from backend.promotions.conditions import Cart, refused_by_cart, refused_by_state, value_for
from backend.promotions.explanation import Reason, Reduction, Refusal, ShippingReduction
from backend.promotions.parts import Cut, Level
from backend.promotions.reductions import cuts_of, percentage_of
from backend.promotions.rules import Code, Customer, Kind, Line, Rule
from backend.promotions.rules import Level as LevelName


@dataclass(kw_only=True)
class Evaluation:
    """What promotions do to a cart.

    `reductions` are those of items, `refusals` the promotions that are not applied, and `unknown_codes` the
    codes that belong to none. What shipping costs depends on the method: see `shipping`.
    """

    currency: str
    reductions: Sequence[Reduction] = ()
    refusals: Sequence[Refusal] = ()
    unknown_codes: Sequence[str] = ()
    shipping_rules: Sequence[tuple[Rule, str, Decimal]] = ()

    @cached_property
    def discounts(self) -> Mapping[int, Decimal]:
        """What is taken off each line, by variant id; lines without a reduction are left out."""
        found: dict[int, Decimal] = {}
        for reduction in self.reductions:
            for variant_id, amount in reduction.amounts.items():
                found[variant_id] = found.get(variant_id, Decimal(0)) + amount
        return found

    @property
    def discount_amount(self) -> Decimal:
        """What is taken off the items."""
        return sum(self.discounts.values(), Decimal(0))

    def shipping(self, price: Decimal) -> list[ShippingReduction]:
        """Return what is taken off a shipping price; together never more than the price."""
        minor, major = _conversions(self.currency)
        cost, found = minor(price), list[ShippingReduction]()
        for _, group in groupby(sorted(self.shipping_rules, key=_priority), key=_priority):
            at_first = cost
            ranked = sorted(
                group, key=lambda each: (-_off_shipping(each[0], each[2], at_first, minor), each[0].id)
            )
            for rule, code, value in ranked:
                amount = _off_shipping(rule, value, cost, minor)
                if not amount or (found and not rule.stackable):
                    continue
                found.append(ShippingReduction(rule=rule, code=code, amount=major(amount)))
                cost -= amount
                if not rule.stackable:
                    return found
        return found


def _priority(each: tuple[Rule, str, Decimal]) -> int:
    return each[0].priority


def _off_shipping(rule: Rule, value: Decimal, cost: int, minor: Callable[[Decimal], int]) -> int:
    return min(cost, minor(value)) if rule.kind == Kind.AMOUNT else percentage_of(cost, value=value)


def evaluate(
    lines: Iterable[Line],
    *,
    rules: Iterable[Rule],
    codes: Mapping[str, Code | None],
    customer: Customer,
    currency: str,
    now: datetime,
) -> Evaluation:
    """Return what the rules do to a cart with these lines, one for each variant, in `currency`.

    `codes` are the codes of the cart; the value of an unknown one is None.

    Raises:
        ValueError: a unit's price has more decimal places than the currency, or two lines have one variant.
    """
    cart = Cart.of(lines, currency=currency)
    refusals: list[Refusal] = []
    candidates: list[tuple[Rule, str]] = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        code = _code_of(rule, codes=codes)
        refused = refused_by_state(rule, code=code, customer=customer, currency=currency, now=now)
        if refused is None:
            candidates.append((rule, code.code if code else ""))
        else:
            refusals.append(refused)
    plan = _best_plan(cart, candidates)
    return Evaluation(
        currency=currency,
        reductions=plan.reductions,
        refusals=sorted([*refusals, *plan.refusals], key=lambda refusal: refusal.rule.id),
        unknown_codes=sorted(name for name, code in codes.items() if code is None),
        shipping_rules=plan.shipping_rules,
    )


def _code_of(rule: Rule, *, codes: Mapping[str, Code | None]) -> Code | None:
    """Return the cart's code of the rule: of several, the first that isn't used up."""
    own = [code for code in codes.values() if code is not None and code.rule_id == rule.id]
    return min(own, key=lambda code: (code.is_used_up, code.code), default=None)


@dataclass(kw_only=True)
class _Plan:
    """What some of the rules do together."""

    reductions: list[Reduction] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    shipping_rules: list[tuple[Rule, str, Decimal]] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((reduction.amount for reduction in self.reductions), Decimal(0))

    @property
    def is_empty(self) -> bool:
        return not self.reductions and not self.shipping_rules

    @property
    def applied_ids(self) -> set[int]:
        of_items = {reduction.rule.id for reduction in self.reductions}
        return of_items | {rule.id for rule, _, _ in self.shipping_rules}


def _best_plan(cart: Cart, candidates: Sequence[tuple[Rule, str]]) -> _Plan:
    """Return the plan of the best exclusive rule, if it reduces the items as much as all others together."""
    others = _plan(cart, [each for each in candidates if not each[0].exclusive])
    exclusive = [(each, _plan(cart, [each])) for each in candidates if each[0].exclusive]
    usable = [(each, plan) for each, plan in exclusive if not plan.is_empty]
    usable.sort(key=lambda pair: (-pair[1].amount, pair[0][0].priority, pair[0][0].id))
    refused_alone = [refusal for _, plan in exclusive if plan.is_empty for refusal in plan.refusals]
    if usable and usable[0][1].amount >= others.amount and (usable[0][1].amount or others.is_empty):
        (winner, _), best = usable[0]
        applied = others.applied_ids
        losers = [each for each, _ in usable[1:]] + [each for each in candidates if each[0].id in applied]
        refusals = [
            *others.refusals,
            *(
                Refusal(rule=rule, code=code, reason=Reason.NOT_STACKABLE_WITH, other_id=winner.id)
                for rule, code in losers
            ),
        ]
        return _Plan(
            reductions=best.reductions,
            shipping_rules=best.shipping_rules,
            refusals=[*refusals, *refused_alone],
        )
    beaten = [Refusal(rule=rule, code=code, reason=Reason.LESS_THAN) for (rule, code), _ in usable]
    others.refusals += [*refused_alone, *beaten]
    return others


def _plan(cart: Cart, candidates: Sequence[tuple[Rule, str]]) -> _Plan:
    """Apply the rules, level by level."""
    plan = _Plan()
    for name in (LevelName.ITEM, LevelName.ORDER):
        cart = _with_level(cart, [each for each in candidates if each[0].level == name], plan=plan)
    for rule, code in candidates:
        if rule.level != LevelName.SHIPPING:
            continue
        refused = refused_by_cart(rule, code=code, cart=cart)
        if refused is None:
            plan.shipping_rules.append((rule, code, value_for(rule, cart=cart)))
        else:
            plan.refusals.append(refused)
    return plan


def _with_level(cart: Cart, candidates: Sequence[tuple[Rule, str]], *, plan: _Plan) -> Cart:
    """Apply rules of one level, add the results to the plan, and return what is left of the cart.

    Minima and tiers are those of the cart before the level. Of rules with one priority, the one comes first
    that would reduce more if it were the first of them.
    """
    level, possible = Level(cart.costs), list[tuple[Rule, str, Decimal]]()
    for rule, code in candidates:
        refused = refused_by_cart(rule, code=code, cart=cart)
        if refused is None:
            possible.append((rule, code, value_for(rule, cart=cart)))
        else:
            plan.refusals.append(refused)

    def cuts(rule: Rule, value: Decimal) -> list[Cut]:
        return cuts_of(rule, level=level, value=value, minor=cart.minor)

    for _, group in groupby(sorted(possible, key=_priority), key=_priority):
        ranked = [
            (-sum(cut.amount for cut in cuts(rule, value)), rule.id, rule, code, value)
            for rule, code, value in group
        ]
        for _, _, rule, code, value in sorted(ranked, key=lambda each: each[:2]):
            found = cuts(rule, value)
            if found:
                plan.reductions.append(_reduction(rule, code, found, cart=cart))
                level.apply(found, rule=rule)
            else:
                plan.refusals.append(_without_effect(rule, code, level=level))
    return cart.at(level.costs())


def _reduction(rule: Rule, code: str, cuts: Sequence[Cut], *, cart: Cart) -> Reduction:
    amounts: dict[int, int] = {}
    units: dict[int, int] = {}
    for cut in cuts:
        variant_id = cut.part.line.variant_id
        amounts[variant_id] = amounts.get(variant_id, 0) + cut.amount
        units[variant_id] = units.get(variant_id, 0) + cut.units
    return Reduction(
        rule=rule,
        code=code,
        amounts={variant_id: cart.major(amount) for variant_id, amount in amounts.items()},
        units=units,
    )


def _without_effect(rule: Rule, code: str, *, level: Level) -> Refusal:
    own = [part for part in level.parts if rule.reduces(part.line)]
    blocking = [part.reduced_by for part in own if not part.admits(rule) and part.reduced_by is not None]
    if blocking:
        return Refusal(rule=rule, code=code, reason=Reason.NOT_STACKABLE_WITH, other_id=min(blocking))
    return Refusal(rule=rule, code=code, reason=Reason.NOTHING_LEFT)


def _conversions(currency: str) -> tuple[Callable[[Decimal], int], Callable[[int], Decimal]]:
    unit = money.quantum(currency)
    return (lambda amount: int(amount / unit)), (lambda cost: cost * unit)
