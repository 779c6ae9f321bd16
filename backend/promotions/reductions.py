"""What one promotion takes off the units that it may reduce.

Percentages are exact: they have at most four decimal places. An amount is rounded once for each line, halves
away from zero.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import ceil

from backend.promotions.parts import Cut, Level, Part, allocated, dearest_first, half_up
from backend.promotions.rules import Kind, Rule
from backend.promotions.rules import Level as LevelName

_HUNDRED_PERCENT = 1_000_000
"""100 % in units of 0.0001 %."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The first `units` of a part, which a rule reduces."""

    part: Part
    units: int

    @property
    def cost(self) -> int:
        """What they cost."""
        return self.part.cost_of(self.units)


def cuts_of(rule: Rule, *, level: Level, value: Decimal, minor: Callable[[Decimal], int]) -> list[Cut]:
    """Return what the rule takes off, part by part; `minor` converts an amount to minor units.

    Parts from which nothing is taken are left out.
    """
    chosen = _chosen(rule, level=level)
    if rule.kind == Kind.AMOUNT and rule.level == LevelName.ITEM:
        amounts = [min(each.cost, minor(value) * each.units) for each in chosen]
    elif rule.kind == Kind.AMOUNT:
        costs = [each.cost for each in chosen]
        amounts = allocated(min(minor(value), sum(costs)), weights=costs)
    else:
        amounts = _percentages(chosen, value=value)
    return [
        Cut(each.part, each.units, amount) for each, amount in zip(chosen, amounts, strict=True) if amount
    ]


def percentage_of(cost: int, *, value: Decimal) -> int:
    """Return `value` percent of a cost."""
    return half_up(cost * int(value * 10_000), _HUNDRED_PERCENT)


def _percentages(chosen: Sequence[Chosen], *, value: Decimal) -> list[int]:
    """Return the percentage of each line, allocated to its parts; parts of a line follow each other."""
    amounts: list[int] = []
    for _, group in groupby(chosen, key=lambda each: each.part.line.variant_id):
        costs = [each.cost for each in group]
        amounts += allocated(percentage_of(sum(costs), value=value), weights=costs)
    return amounts


def _chosen(rule: Rule, *, level: Level) -> list[Chosen]:
    """Return the units that the rule reduces, by variant."""
    open_parts = [part for part in level.parts if rule.reduces(part.line) and part.admits(rule)]
    if rule.kind != Kind.BUY_GET:
        chosen = [Chosen(part, part.units) for part in open_parts]
    elif rule.bought.is_empty:
        chosen = _gets_of_groups(rule, dearest_first(open_parts))
    else:
        chosen = _gets_of_others(rule, level=level, targets=open_parts)
    if rule.units_left is not None:
        chosen = _capped(chosen, units=rule.units_left)
    return sorted((each for each in chosen if each.units), key=lambda each: each.part.line.variant_id)


def _capped(chosen: Iterable[Chosen], *, units: int) -> list[Chosen]:
    """Return the dearest of the units, as many as are left."""
    by_part = {id(each.part): each for each in chosen}
    kept = []
    for part in dearest_first(each.part for each in by_part.values()):
        taken = min(units, by_part[id(part)].units)
        kept.append(Chosen(part, taken))
        units -= taken
    return kept


def _gets_of_groups(rule: Rule, parts: Sequence[Part]) -> list[Chosen]:
    """Return the last `get_units` of each group of units, dearest first, so that the cheapest are reduced."""
    chosen, start = [], 0
    for part in parts:
        end = start + part.units
        chosen.append(Chosen(part, _gets_among(rule, end) - _gets_among(rule, start)))
        start = end
    return chosen


def _gets_among(rule: Rule, units: int) -> int:
    """Return how many of the first `units` units are reduced."""
    groups, rest = divmod(units, rule.buy_units + rule.get_units)
    return groups * rule.get_units + max(0, rest - rule.buy_units)


def _gets_of_others(rule: Rule, *, level: Level, targets: Sequence[Part]) -> list[Chosen]:
    """Return the cheapest targets, as many as other units are bought for.

    Units that are both bought and a target count as one of them only.
    """
    bought = [part for part in level.parts if rule.counts_as_bought(part.line)]
    shared = {id(part) for part in targets} & {id(part) for part in bought}
    both = sum(part.units for part in targets if id(part) in shared)
    only_bought = sum(part.units for part in bought) - both
    only_target = sum(part.units for part in targets) - both

    def is_possible(gets: int) -> bool:
        buys = ceil(gets / rule.get_units) * rule.buy_units
        return max(0, buys - only_bought) + max(0, gets - only_target) <= both

    # The most that are possible: if some number isn't, no higher one is.
    gets = bisect_left(range(1, only_target + both + 1), x=True, key=lambda n: not is_possible(n))
    buys = ceil(gets / rule.get_units) * rule.buy_units
    free_of_both, chosen = both - max(0, buys - only_bought), []
    for part in reversed(dearest_first(targets)):
        limit = min(gets, free_of_both) if id(part) in shared else gets
        taken = min(part.units, limit)
        chosen.append(Chosen(part, taken))
        gets -= taken
        free_of_both -= taken if id(part) in shared else 0
    return chosen
