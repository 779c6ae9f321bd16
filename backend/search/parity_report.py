"""What a comparison of the index with the database found, summed up for operators."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from backend.audit.actors import Actor
from backend.search.parity import Parity
from indexing.parity import Difference, DifferenceKind

EXAMPLES = 10
REPAIR = "run: manage.py search_parity --repair"
REBUILD = "run: manage.py rebuild_index"


@dataclass(kw_only=True, slots=True)
class Findings:
    """Differences by kind and by field, with the first `limit` of each kind."""

    limit: int
    counts: Counter[DifferenceKind] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    first: dict[DifferenceKind, list[Difference]] = field(default_factory=dict)

    def add(self, differences: Sequence[Difference]) -> None:
        """Count more differences."""
        for each in differences:
            self.counts[each.kind] += 1
            self.fields.update(each.fields)
            shown = self.first.setdefault(each.kind, [])
            if len(shown) < self.limit:
                shown.append(each)

    def lines(self) -> Iterator[str]:
        """Yield a line for each kind that was found, and one for the fields."""
        for kind in DifferenceKind:
            if count := self.counts[kind]:
                shown = ", ".join(map(_described, self.first[kind]))
                more = ", …" if count > len(self.first[kind]) else ""
                yield f"{kind} {count:,}: {shown}{more}" if shown else f"{kind} {count:,}"
        if self.fields:
            yield "fields: " + ", ".join(f"{name} {count:,}" for name, count in self.fields.most_common())

    def as_json(self) -> dict[str, object]:
        """Return the differences for JSON."""
        return {
            **{
                kind.value: {
                    "count": self.counts[kind],
                    "first": [_as_json(each) for each in self.first.get(kind, [])],
                }
                for kind in DifferenceKind
            },
            "fields": dict(self.fields.most_common()),
        }


@dataclass(kw_only=True, slots=True)
class ParityReport:
    """The result for one generation."""

    generation: str
    schema_version: int | None
    found: Findings
    left: Findings | None
    """What still differs after the repair; None without one."""
    products: int = 0
    changing: int = 0
    """Products that changed during every comparison, so that none was conclusive."""

    @property
    def differing(self) -> int:
        """The number of products that differ now."""
        return (self.left or self.found).counts.total()

    @property
    def advice(self) -> str:
        """What an operator should do; empty if nothing differs."""
        if not self.differing:
            return ""
        return REBUILD if self.left or self.differing * 2 > self.products else REPAIR

    def lines(self) -> Iterator[str]:
        """Yield the report as text."""
        yield f"{self.generation}: {self.products:,} products compared, {self.found.counts.total():,} differ"
        yield from self.found.lines()
        if self.changing:
            yield f"changing {self.changing:,}: changed during every comparison, so not compared"
        if self.left is not None and self.found.counts:
            yield f"repaired {self.found.counts.total() - self.differing:,}, still differ {self.differing:,}"
            yield from self.left.lines()

    def as_json(self) -> dict[str, object]:
        """Return the report for JSON."""
        return {
            "generation": self.generation,
            "schema_version": self.schema_version,
            "products": self.products,
            "differing": self.differing,
            "changing": self.changing,
            **self.found.as_json(),
            "after_repair": None if self.left is None else self.left.as_json(),
            "advice": self.advice,
        }


def check(
    parity: Parity,
    *,
    examples: int = EXAMPLES,
    repair_by: Actor | None = None,
    progress: Callable[[int], object] = lambda count: None,
) -> ParityReport:
    """Compare a generation with the database, repair it if `repair_by` is given, and return the result.

    Raises:
        DrainTimeout: the generation lags, and did not catch up in time.
        SearchError: the generation can't be read.
    """
    report = ParityReport(
        generation=parity.generation.name,
        schema_version=parity.generation.schema_version,
        found=Findings(limit=examples),
        left=None if repair_by is None else Findings(limit=examples),
    )

    def count(products: int) -> None:
        report.products += products
        progress(products)

    for comparison in parity.compare(progress=count):
        report.found.add(comparison.differences)
        report.changing += len(comparison.changing)
        if report.left is not None and repair_by is not None and comparison.differences:
            repaired = parity.repair(comparison.differences, by=repair_by)
            report.left.add(repaired.differences)
            report.changing += len(repaired.changing)
    return report


def _described(one: Difference) -> str:
    return f"{one.product_id} ({', '.join(one.fields)})" if one.fields else str(one.product_id)


def _as_json(one: Difference) -> dict[str, object]:
    return {"id": one.product_id, **({"fields": list(one.fields)} if one.fields else {})}
