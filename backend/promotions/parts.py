"""The state of a level: the units of each line with what they cost, and which promotion reduced them.

Amounts are whole minor units of the cart's currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.promotions.rules import Line, Rule


@dataclass(slots=True, kw_only=True)
class Part:
    """Units of a line that have been treated alike; `cost` is that of all of them.

    `reduced_by` is the id of the promotion of this level that reduced them last. Closed units are not reduced
    again at this level.
    """

    line: Line
    units: int
    cost: int
    reduced_by: int | None = None
    is_closed: bool = False

    def admits(self, rule: Rule) -> bool:
        """Return whether the rule may reduce these units."""
        return not self.is_closed and (rule.stackable or self.reduced_by is None)

    def cost_of(self, units: int) -> int:
        """Return what the first `units` cost; the others cost the rest."""
        return half_up(self.cost * units, self.units)


@dataclass(frozen=True, slots=True)
class Cut:
    """An amount that a rule takes off the first `units` of a part."""

    part: Part
    units: int
    amount: int


def half_up(numerator: int, denominator: int) -> int:
    """Return the quotient of numbers that aren't negative, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def allocated(amount: int, *, weights: Sequence[int]) -> list[int]:
    """Return parts of `amount` in proportion to `weights`, which add up to it.

    What rounding down leaves over goes to the largest remainders, the first of equal ones first. If the
    amount is not more than the sum of the weights, no part is more than its weight.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda index: -(amount * weights[index] % total))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def dearest_first(parts: Iterable[Part]) -> list[Part]:
    """Return the parts by what one unit costs, the highest first, then by variant."""
    return sorted(parts, key=_by_price, reverse=True)


def _by_price(part: Part) -> tuple[float, int]:
    # Prices that floating point can't tell apart count as equal.
    return part.cost / part.units, -part.line.variant_id


class Level:
    """The units of all lines during one level."""

    def __init__(self, costs: Sequence[tuple[Line, int]]) -> None:
        """Begin with each line as one part, by variant."""
        ordered = sorted(costs, key=lambda pair: pair[0].variant_id)
        self.parts = [Part(line=line, units=line.quantity, cost=cost) for line, cost in ordered]

    def apply(self, cuts: Iterable[Cut], *, rule: Rule) -> None:
        """Take the amounts off; units that remain of a part become a part of their own."""
        by_part = {id(cut.part): cut for cut in cuts}
        parts = []
        for part in self.parts:
            cut = by_part.get(id(part))
            if cut is None:
                parts.append(part)
                continue
            cost = part.cost_of(cut.units)
            if cut.units < part.units:
                rest = Part(
                    line=part.line,
                    units=part.units - cut.units,
                    cost=part.cost - cost,
                    reduced_by=part.reduced_by,
                    is_closed=part.is_closed,
                )
                parts.append(rest)
            part.units, part.cost = cut.units, cost - cut.amount
            part.reduced_by, part.is_closed = rule.id, not rule.stackable
            parts.append(part)
        self.parts = parts

    def costs(self) -> list[tuple[Line, int]]:
        """Return what each line costs now."""
        found: dict[int, tuple[Line, int]] = {}
        for part in self.parts:
            _, before = found.get(part.line.variant_id, (part.line, 0))
            found[part.line.variant_id] = part.line, before + part.cost
        return list(found.values())
