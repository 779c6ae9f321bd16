"""The candidates of each source: which published lists it reads, and what it makes of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from backend.recommendations.models import Algorithm, Audience
from backend.recommendations.published import Key, PublishedLists
from backend.recommendations.slots import Slot
from ml.serving import MAX_RECENT, RECENCY, Recommendation, Scored, Source, folded, ranked

POPULAR = Key(Audience.EVERYONE, "", Algorithm.POPULARITY, Algorithm.POPULARITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is for: the slot, the shopper, and the products that it starts from.

    `shopper_key` is None without consent to tracking. `recent` are the products viewed last, latest first;
    `origins` is the product of the page.
    """

    slot: Slot
    shopper_key: UUID | None = None
    algorithm: str
    recent: Sequence[int] = ()
    origins: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a source found: products with scores, and the algorithm that made them; empty without products."""

    entries: Sequence[Scored] = ()
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class _Reader:
    keys: Callable[[Asked], Sequence[Key]]
    found: Callable[[Asked, PublishedLists], Found]


def keys_of(asked: Asked) -> list[Key]:
    """Return the keys of all lists that the sources of the slot read."""
    return list(dict.fromkeys(key for source in asked.slot.sources for key in _READERS[source].keys(asked)))


class Candidates:
    """The candidates for a list, best first, each once.

    `made_by` has the algorithm of each source that was read so far and had products.
    """

    def __init__(self, asked: Asked, lists: PublishedLists) -> None:
        self._asked = asked
        self._lists = lists
        self.made_by: dict[Source, str] = {}

    def steps(self) -> Iterator[Iterator[Recommendation]]:
        """Yield the candidates of the first sources, ranked together, then those of each refill."""
        for sources in (self._asked.slot.first, *((one,) for one in self._asked.slot.refills)):
            yield self._ranked(sources)

    def _ranked(self, sources: Collection[Source]) -> Iterator[Recommendation]:
        found = {source: _READERS[source].found(self._asked, self._lists) for source in sources}
        self.made_by |= {source: one.algorithm for source, one in found.items() if one.entries}
        return ranked({source: one.entries for source, one in found.items()})


def _own_key(asked: Asked) -> Key:
    return Key(Audience.USER, str(asked.shopper_key or ""), asked.algorithm, asked.algorithm)


def _own(asked: Asked, lists: PublishedLists) -> Found:
    own = lists.by_key.get(_own_key(asked))
    return Found(own.scored(), own.algorithm) if own else Found()


def _neighbours(product: int, algorithm: str) -> Key:
    return Key(Audience.PRODUCT, str(product), algorithm, Algorithm.CONTENT_BASED)


def _of_recent(asked: Asked) -> dict[int, Key]:
    return {product: _neighbours(product, asked.algorithm) for product in asked.recent}


def _session(asked: Asked, lists: PublishedLists) -> Found:
    """Return the lists of the products viewed last, added up.

    The first MAX_RECENT products that have a list count, so views of products without one don't take the
    place of others. A product without a list of the algorithm contributes its content-based list.
    """
    known = (
        (product, lists.by_key[key]) for product, key in _of_recent(asked).items() if key in lists.by_key
    )
    near = dict(islice(known, MAX_RECENT))
    if not near:
        return Found()
    entries = folded(
        list(near),
        near={product: published.scored() for product, published in near.items()},
        recency=RECENCY,
    )
    is_of_algorithm = any(published.algorithm == asked.algorithm for published in near.values())
    return Found(entries, asked.algorithm if is_of_algorithm else Algorithm.CONTENT_BASED)


def _of_origins(asked: Asked, algorithm: str) -> dict[int, Key]:
    return {product: _neighbours(product, algorithm) for product in asked.origins}


def _near_origins(asked: Asked, lists: PublishedLists, *, algorithm: str) -> Found:
    keys = _of_origins(asked, algorithm)
    near = {
        product: lists.by_key[key].scored()
        for product, key in keys.items()
        if key in lists.by_key and lists.by_key[key].algorithm == algorithm
    }
    return Found(folded(asked.origins, near=near), algorithm)


def _similar(asked: Asked, lists: PublishedLists) -> Found:
    if asked.algorithm == Algorithm.CONTENT_BASED:
        return Found()
    return _near_origins(asked, lists, algorithm=asked.algorithm)


def _content(asked: Asked, lists: PublishedLists) -> Found:
    return _near_origins(asked, lists, algorithm=Algorithm.CONTENT_BASED)


def _popular(_asked: Asked, lists: PublishedLists) -> Found:
    found = lists.by_key.get(POPULAR)
    return Found(found.scored(), found.algorithm) if found else Found()


_READERS: Mapping[Source, _Reader] = {
    Source.OWN: _Reader(lambda asked: [_own_key(asked)] if asked.shopper_key else [], _own),
    Source.SESSION: _Reader(lambda asked: list(_of_recent(asked).values()), _session),
    Source.SIMILAR: _Reader(lambda asked: list(_of_origins(asked, asked.algorithm).values()), _similar),
    Source.CONTENT: _Reader(
        lambda asked: list(_of_origins(asked, Algorithm.CONTENT_BASED).values()), _content
    ),
    Source.POPULAR: _Reader(lambda _asked: [POPULAR], _popular),
}
