"""Show one product of each group of the products that a search of one index finds.

Elasticsearch would collapse the products without a group into one hit. They are found by a search of their
own, and both lists are merged by the values that order them. The sizes of the groups, and their number, come
from a terms aggregation, because `inner_hits` take longer and `cardinality` isn't exact.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from indexing.elasticsearch.client import Response
from indexing.elasticsearch.documents import FusedHit
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import Body, Query, all_of, none_of, passing, terms, values
from indexing.elasticsearch.rules import without_pinned
from indexing.grouping import collapsed, group_of, representatives
from indexing.page import Hit
from indexing.request import SearchRequest

GROUPS_AT_ONCE = 50_000
"""Values of one aggregation; a response of the cluster has at most 65,536."""

COUNTED = "counted"
GROUPS = "groups"
SINGLES = "singles"
"""The products without a group."""


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """The numbers of the matching products, pinned ones included."""

    sizes: Mapping[str, int]
    """By group."""
    singles: int

    @property
    def hits(self) -> int:
        """The number of groups, and of products without one."""
        return len(self.sizes) + self.singles

    @property
    def products(self) -> int:
        """The number of products."""
        return sum(self.sizes.values()) + self.singles


@dataclass(frozen=True, slots=True)
class FoundHits:
    """What a page is arranged from."""

    ranked: list[Hit]
    """Without pinned products; see `Arrangement.page`."""
    shown: dict[int, Hit]
    """The pinned products that have a place in the list."""
    count: int
    """Of both, on all pages."""
    products: int | None = None


class Collapsing:
    """Collapses the hits of one search."""

    def __init__(
        self,
        request: SearchRequest,
        *,
        matching: Matching,
        searched: Body,
        send: Callable[..., list[Response]],
        read: Callable[[Sequence[FusedHit]], list[Hit]],
    ) -> None:
        """Collapse what the search `searched` of `request` finds.

        `send` sends several searches, and `read` returns those of the hits that the page may need.
        """
        self._request = request
        self._field = matching.schema.group_field(request.collapse)
        self._passing = matching.filters(request.filters)
        self._searched = searched
        self._send = send
        self._read = read

    def found(
        self, hits: Sequence[Mapping[str, Any]], window: Sequence[FusedHit], pinned: Mapping[int, Hit]
    ) -> FoundHits:
        """Return one product of each group, the pinned one or else the first.

        `window` are the first hits in the order of their meaning, and `hits` the same with their groups.
        The others follow in the order of the search.
        """
        by = self._request.collapse
        groups = {each: group_of(hit.product, by) for each, hit in pinned.items()}
        chosen = representatives(self._request.arrangement.pinned, groups)
        taken = [group for each in chosen if (group := groups[each]) is not None]
        group_by_id = {int(hit["_id"]): self._group(hit) for hit in hits}
        ranked, counts = self._first_of_groups([(each, group_by_id[each[0]]) for each in window], taken)

        def described(hit: Hit) -> Hit:
            return replace(hit, collapsed=collapsed(hit.product, by, counts.sizes))

        shown = {each: described(pinned[each]) for each in chosen}
        return FoundHits([*map(described, self._read(ranked))], shown, counts.hits, counts.products)

    def _group(self, hit: Mapping[str, Any]) -> str | None:
        found: list[str] = hit.get("fields", {}).get(self._field, [])
        return found[0] if found else None

    def _first_of_groups(
        self, window: Sequence[tuple[FusedHit, str | None]], pinned: Sequence[str]
    ) -> tuple[list[FusedHit], GroupCounts]:
        """Return the hits up to the end of the page, without the groups in `pinned`, and the counts."""
        first: list[FusedHit] = []
        groups, singles = set(pinned), list[int]()
        for hit, group in window:
            if group is None:
                singles.append(hit[0])
            elif group in groups:
                continue
            else:
                groups.add(group)
            first.append(hit)
        missing = max(0, self._request.arrangement.end - len(first))
        searches = self._best_of_groups(missing, without=groups), self._singles(missing, without=singles)
        responses = self._send(*searches)
        merged = heapq.merge(*map(self._hits, responses), key=lambda each: each[0])
        return first + [hit for _, hit in merged][:missing], self._counts(responses[0])

    def _best_of_groups(self, size: int, *, without: set[str]) -> Body:
        excluded = [none_of([terms(self._field, sorted(without))])] if without else []
        counted = {GROUPS: self._groups(), SINGLES: {"missing": {"field": self._field}}}
        return {
            **self._ranked(size, [{"exists": {"field": self._field}}, *excluded]),
            "collapse": {"field": self._field},
            "aggs": {COUNTED: passing(self._passing, counted)},
        }

    def _singles(self, size: int, *, without: list[int]) -> Body:
        excluded = [terms("id", without)] if without else []
        return self._ranked(size, [none_of([{"exists": {"field": self._field}}, *excluded])])

    def _ranked(self, size: int, conditions: list[Query]) -> Body:
        return {
            "query": self._searched["query"],
            "sort": self._searched["sort"],
            "post_filter": all_of([*self._passing, *without_pinned(self._request), *conditions]),
            "size": size,
            "_source": False,
            "track_total_hits": False,
        }

    def _hits(self, response: Response) -> Iterator[tuple[list[float], FusedHit]]:
        """Yield the hits with numbers by which they are in ascending order."""
        signs = list(map(_sign, self._searched["sort"]))
        for hit in response["hits"]["hits"]:
            order = [sign * value for sign, value in zip(signs, hit["sort"], strict=True)]
            yield order, (int(hit["_id"]), hit["_score"] or 0.0, None)

    def _groups(self, **only: Any) -> dict[str, Any]:
        counted = values(self._field, size=GROUPS_AT_ONCE)
        return {"terms": {**counted["terms"], "order": {"_key": "asc"}, **only}}

    def _counts(self, response: Response) -> GroupCounts:
        counted = response["aggregations"][COUNTED]
        sizes = _sizes([counted[GROUPS]])
        number = 2
        while sizes is None:
            sizes = _sizes(self._partitions(number))
            number *= 2
        return GroupCounts(sizes, counted[SINGLES]["doc_count"])

    def _partitions(self, number: int) -> list[Response]:
        """Return the groups in parts, because there are too many for one response."""
        parts = [{"partition": each, "num_partitions": number} for each in range(number)]
        searches = [
            {
                "query": self._searched["query"],
                "size": 0,
                "track_total_hits": False,
                "aggs": {COUNTED: passing(self._passing, {GROUPS: self._groups(include=each)})},
            }
            for each in parts
        ]
        return [each["aggregations"][COUNTED][GROUPS] for each in self._send(*searches)]


def _sizes(counted: Sequence[Response]) -> dict[str, int] | None:
    """Return the sizes of the groups; None if some are missing."""
    if any(each["sum_other_doc_count"] for each in counted):
        return None
    return {bucket["key"]: bucket["doc_count"] for each in counted for bucket in each["buckets"]}


def _sign(order: str | Mapping[str, Any]) -> int:
    """Return -1 for an element of a sort that is descending, else 1."""
    if isinstance(order, str):
        return -1 if order == "_score" else 1
    (how,) = order.values()
    return -1 if (how if isinstance(how, str) else how["order"]) == "desc" else 1
