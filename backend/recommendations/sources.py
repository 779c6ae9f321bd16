"""The candidates of each source: which published lists it reads, and what it makes of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from uuid import UUID

from backend.recommendations.categories import popular_named, popular_near
from backend.recommendations.models import Algorithm, Audience
from backend.recommendations.new_products import CACHE as NEW_PRODUCTS
from backend.recommendations.published import Key, PublishedLists
from backend.recommendations.sessions import predicted
from backend.recommendations.slots import VIEWED, Slot
from ml.diversity import diversified
from ml.serving import MAX_RECENT, RECENCY, Recommendation, Scored, Source, folded, ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is for: the slot, the shopper, and the products that it starts from.

    `shopper_key` is None without consent to tracking. `recent` are the products viewed last, latest first,
    `viewed` the views of the session in their order; `origins` is the product of the page, or those in the
    cart. `query` is a search without a result.
    """

    slot: Slot
    shopper_key: UUID | None = None
    algorithm: str
    recent: Sequence[int] = ()
    viewed: Sequence[int] = ()
    origins: Sequence[int] = ()
    query: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a source found: products with scores, and the algorithm that made them."""

    entries: Sequence[Scored] = ()
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class _Reader:
    """How a source is read: `keys` are those of its published lists; `found` makes candidates of these."""

    keys: Callable[[Asked], Sequence[Key]]
    found: Callable[[Asked, PublishedLists], Found]


def keys_of(asked: Asked) -> list[Key]:
    """Return the keys of all lists that the sources of the slot read."""
    return list(dict.fromkeys(key for source in asked.slot.sources for key in _READERS[source].keys(asked)))


class Candidates:
    """The candidates for a list, best first.

    `made_by` has the algorithm of each source that was read so far and had products. By `diversity`, products
    like those above them come later, among the first `diversified` ones that are not `skipped`.
    """

    def __init__(
        self,
        asked: Asked,
        lists: PublishedLists,
        *,
        skipped: Collection[int],
        diversity: float,
        diversified: int,
    ) -> None:
        self.slot = asked.slot
        self._asked = asked
        self._lists = lists
        self._skipped = skipped
        self._diversity = diversity
        self._diversified = diversified
        self.made_by: dict[Source, str] = {}

    def steps(self) -> Iterator[Iterator[Recommendation] | None]:
        """Yield the candidates of the first sources, ranked together, then those of each refill.

        None precedes a source that takes a statement.
        """
        yield self._diverse(self._ranked(self.slot.first))
        for source in self.slot.refills:
            if source is Source.CATEGORY:
                yield None
            yield self._ranked([source])

    def new(self) -> Sequence[Scored]:
        """Return products that are newer than the lists, and similar to those that the list starts from."""
        if not self.slot.takes_new:
            return []
        starts = self._asked.origins or self._asked.recent[:MAX_RECENT]
        found = NEW_PRODUCTS.current().beside_any(starts) if starts else []
        if found:
            self.made_by[Source.NEW] = Algorithm.CONTENT_BASED
        return found

    def _diverse(self, by_rank: Iterator[Recommendation]) -> Iterator[Recommendation]:
        if self._diversity <= 0 or self.slot.is_ordered:
            return by_rank
        remaining = (one for one in by_rank if one.product_id not in self._skipped)
        first = list(islice(remaining, self._diversified))
        kinds = self._lists.kinds.of_products([one.product_id for one in first])
        order = diversified([one.score for one in first], kinds, share=self._diversity)
        return chain((first[place] for place in order), remaining)

    def _ranked(self, sources: Collection[Source]) -> Iterator[Recommendation]:
        found = {source: _READERS[source].found(self._asked, self._lists) for source in sources}
        self.made_by |= {source: one.algorithm for source, one in found.items() if one.entries}
        return ranked({source: one.entries for source, one in found.items()})


def _one_list(audience: str, algorithm_of: Callable[[Asked], str]) -> _Reader:
    """Return the reader of a list of everyone, or of the shopper's list."""

    def keys(asked: Asked) -> list[Key]:
        algorithm = algorithm_of(asked)
        if audience == Audience.EVERYONE:
            return [Key(audience, "", algorithm, algorithm)]
        key = asked.shopper_key
        return [] if key is None else [Key(audience, str(key), algorithm, algorithm)]

    def found(asked: Asked, lists: PublishedLists) -> Found:
        for key in keys(asked):
            if key in lists.by_key:
                return Found(lists.by_key[key].scored(), key.algorithm)
        return Found()

    return _Reader(keys, found)


def _near(algorithm_of: Callable[[Asked], str]) -> _Reader:
    """Return the reader of the lists of the products that the list starts from, which are added up.

    Without an algorithm, no lists are read.
    """

    def by_product(asked: Asked) -> dict[int, Key]:
        algorithm = algorithm_of(asked)
        origins = asked.origins if algorithm else ()
        return {product: Key(Audience.PRODUCT, str(product), algorithm, algorithm) for product in origins}

    def found(asked: Asked, lists: PublishedLists) -> Found:
        keys = by_product(asked)
        near = {product: lists.by_key[key].scored() for product, key in keys.items() if key in lists.by_key}
        return Found(folded(asked.origins, near=near), algorithm_of(asked))

    return _Reader(lambda asked: list(by_product(asked).values()), found)


_CONTENT = _near(lambda _asked: Algorithm.CONTENT_BASED)


def _content(asked: Asked, lists: PublishedLists) -> Found:
    """Return the lists by product details; of a product that is newer than the lists, its neighbours."""
    found = _CONTENT.found(asked, lists)
    if found.entries or not asked.origins:
        return found
    new = NEW_PRODUCTS.current()
    return Found(folded(asked.origins, near={one: new.of(one) for one in asked.origins}), found.algorithm)


def _session_keys(asked: Asked) -> dict[int, Key]:
    content = Algorithm.CONTENT_BASED
    return {
        product: Key(Audience.PRODUCT, str(product), asked.algorithm, content) for product in asked.recent
    }


def _session(asked: Asked, lists: PublishedLists) -> Found:
    """Return what comes next in similar sessions, or else the lists of the products viewed last, added up.

    The first MAX_RECENT products that have a list count, so views of products without one don't take the
    place of others. A product without a list of the algorithm contributes its content-based list.
    """
    if asked.algorithm != Algorithm.CONTENT_BASED and (
        next_products := predicted(asked.viewed, version=lists.version)
    ):
        return Found(next_products, asked.algorithm)
    keys = _session_keys(asked)
    known = ((product, lists.by_key[key]) for product, key in keys.items() if key in lists.by_key)
    near = dict(islice(known, MAX_RECENT))
    entries = folded(
        list(near),
        near={product: published.scored() for product, published in near.items()},
        recency=RECENCY,
    )
    is_of_algorithm = any(published.algorithm == asked.algorithm for published in near.values())
    return Found(entries, asked.algorithm if is_of_algorithm else Algorithm.CONTENT_BASED)


def _recent(asked: Asked, _lists: PublishedLists) -> Found:
    """Return the products viewed last, with the weights that they have for the next recommendations."""
    return Found([Scored(product, RECENCY**age) for age, product in enumerate(asked.recent)], VIEWED)


_TRENDING = _one_list(Audience.EVERYONE, lambda _asked: Algorithm.TRENDING)


def _trending(asked: Asked, lists: PublishedLists) -> Found:
    """Return trending products; where they refill a list, they count as popular ones."""
    found = _TRENDING.found(asked, lists)
    if Source.TRENDING in asked.slot.first:
        return found
    return Found(found.entries, Algorithm.POPULARITY)


def _category(asked: Asked, _lists: PublishedLists) -> Found:
    """Return popular products of the categories that the search names, or of the products it starts from."""
    if asked.query:
        return Found(popular_named(asked.query), Algorithm.POPULARITY)
    return Found(popular_near(asked.origins or asked.recent[:MAX_RECENT]), Algorithm.POPULARITY)


def _nothing(_asked: Asked) -> list[Key]:
    return []


def _algorithm(asked: Asked) -> str:
    return asked.algorithm


def _unless_content(asked: Asked) -> str:
    """Return the algorithm of similar products, which have a source of their own if it is content-based."""
    return "" if asked.algorithm == Algorithm.CONTENT_BASED else asked.algorithm


_READERS: Mapping[Source, _Reader] = {
    Source.OWN: _one_list(Audience.USER, _algorithm),
    Source.SESSION: _Reader(lambda asked: list(_session_keys(asked).values()), _session),
    Source.SIMILAR: _near(_unless_content),
    Source.CONTENT: _Reader(_CONTENT.keys, _content),
    Source.TOGETHER: _near(lambda _asked: Algorithm.TOGETHER),
    Source.BUY_AGAIN: _one_list(Audience.USER, lambda _asked: Algorithm.BUY_AGAIN),
    Source.RECENT: _Reader(_nothing, _recent),
    Source.TRENDING: _Reader(_TRENDING.keys, _trending),
    Source.CATEGORY: _Reader(_nothing, _category),
    Source.POPULAR: _one_list(Audience.EVERYONE, lambda _asked: Algorithm.POPULARITY),
}
