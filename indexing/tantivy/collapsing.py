"""Show one product of each group of the products that a search of one snapshot finds.

The exact number of groups needs every match, so all are ordered, and grouped by the table of variants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexing.grouping import collapsed, group_of, representatives
from indexing.page import Hit
from indexing.request import SearchRequest
from indexing.tantivy.reader import Snapshot
from indexing.tantivy.variants import Numbers, VariantTable


@dataclass(frozen=True, slots=True)
class CollapsedHits:
    """The hits of one search, of which each represents a group or itself."""

    places: Numbers
    """Of the hits of all pages, in the list that isn't collapsed."""
    pinned: list[int]
    """The pinned products that represent their groups, or themselves."""
    products: int
    """The number of products, pinned ones included."""
    _request: SearchRequest
    _table: VariantTable
    _groups: Numbers
    _sizes: Numbers

    def described(self, hit: Hit) -> Hit:
        """Return a hit with its group."""
        by = self._request.collapse
        group = self._groups[self._table.places([hit.product.id])[0]]
        counts = {group_of(hit.product, by) or "": int(self._sizes[group])} if group >= 0 else {}
        return replace(hit, collapsed=collapsed(hit.product, by, counts))


def collapsed_hits(
    snapshot: Snapshot, request: SearchRequest, ranked: Sequence[int], pinned: Mapping[int, Hit]
) -> CollapsedHits:
    """Collapse the ids of all hits, which are `ranked`; `pinned` aren't among them, and come first."""
    table, by = snapshot.variants, request.collapse
    group_of_product = table.groups(by)
    groups = group_of_product[table.places(ranked)]
    of_pinned = {each: group_of(hit.product, by) for each, hit in pinned.items()}
    chosen = representatives(request.arrangement.pinned, of_pinned)
    numbers = group_of_product[table.places(list(pinned))]
    first = np.zeros(len(groups), dtype=bool)
    first[np.unique(groups, return_index=True)[1]] = True
    first &= ~np.isin(groups, numbers)
    together = np.concatenate((groups, numbers))
    return CollapsedHits(
        places=np.flatnonzero(first | (groups < 0)),
        pinned=chosen,
        products=len(together),
        _request=request,
        _sizes=np.bincount(together[together >= 0]),
        _groups=group_of_product,
        _table=table,
    )
