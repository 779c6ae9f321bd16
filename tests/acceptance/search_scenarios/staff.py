"""The synonyms and query rules of a scenario, as staff would enter them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from indexing.filters import Filters
from indexing.rules.actions import Action, Boost, Hide, Pin, Redirect, ReplaceQuery, Restrict
from indexing.rules.query_rules import QueryMatch, QueryRule, RuleSet
from indexing.rules.synonyms import Synonyms, SynonymSet
from indexing.rules.words import phrase

BOOST = 10.0

Row = Mapping[str, Any]


def synonyms(rows: tuple[Row, ...]) -> Synonyms:
    """Return synonyms like `{ both = ["sofa", "couch"] }` and `{ from = "telly", to = ["tv"] }`."""
    return Synonyms.of(
        SynonymSet(tuple(row["both"])) if "both" in row else SynonymSet(tuple(row["to"]), source=row["from"])
        for row in rows
    )


def rules(rows: tuple[Row, ...], *, ids: Mapping[str, int]) -> RuleSet:
    """Return rules like `{ query = "gift", pin = ["SKU"] }`; `ids` are the products' ids by SKU."""
    return RuleSet.of(
        QueryRule(
            id=number,
            match=QueryMatch(row.get("match", "contains")),
            phrases=(phrase(row["query"]),),
            ends_at=datetime.fromisoformat(f"{row['until']}T00:00:00+00:00") if "until" in row else None,
            actions=tuple(_actions(row, ids)),
        )
        for number, row in enumerate(rows, start=1)
    )


def filters(values: Row) -> Filters:
    """Return filters as scenarios write them."""
    return Filters(**{name: _filter(value) for name, value in values.items()})


def _filter(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {name: _filter(each) for name, each in value.items()}
    return Decimal(value) if type(value) is int else value


def _actions(row: Row, ids: Mapping[str, int]) -> Iterator[Action]:
    for position, sku in enumerate(row.get("pin", ()), start=1):
        yield Pin(ids[sku], position)
    for sku in row.get("hide", ()):
        yield Hide(ids[sku])
    if "boost" in row:
        yield Boost(filters(row["boost"]), BOOST)
    if "filter" in row:
        yield Restrict(filters(row["filter"]))
    if "redirect" in row:
        yield Redirect(row["redirect"])
    if "rewrite" in row:
        yield ReplaceQuery(row["rewrite"])
