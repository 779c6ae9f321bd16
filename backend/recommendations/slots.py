"""The slots in which recommendations are shown: their sources, as data.

A list is made of candidates of its sources, ranked, checked by the rules and refilled. The first sources are
ranked together; those of `refills` follow in their order if the ones before have too few products.
"""

from dataclasses import dataclass

from backend.recommendations.models import Algorithm
from ml.serving import Source

VIEWED = "recent"
"""The algorithm of the list of recently viewed products, which no model makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place of the shop that shows a list; exposures have its `name`.

    `algorithm` is the one that the slot is for, empty if the request chooses it. `bought_too` is whether
    products that the account has bought are shown, and `is_ordered` whether the order means something, so
    that it is changed neither for diversity nor for exploration. One in ten products of a list that
    `takes_new` may be newer than the lists.
    """

    name: str
    first: tuple[Source, ...]
    refills: tuple[Source, ...] = ()
    algorithm: str = ""
    bought_too: bool = False
    is_ordered: bool = False
    takes_new: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources, in the order in which they fill the list."""
        return *self.first, *self.refills

    @property
    def reads_recent(self) -> bool:
        """Whether the list depends on the products viewed last."""
        return Source.SESSION in self.sources or Source.RECENT in self.sources


HOME = Slot(
    name="user",
    first=(Source.OWN, Source.SESSION),
    refills=(Source.CATEGORY, Source.TRENDING, Source.POPULAR),
    takes_new=True,
)
SIMILAR = Slot(
    name="product",
    first=(Source.SIMILAR,),
    refills=(Source.CONTENT, Source.CATEGORY, Source.POPULAR),
    takes_new=True,
)
TOGETHER = Slot(
    name="together",
    first=(Source.TOGETHER,),
    refills=(Source.SIMILAR, Source.CONTENT, Source.CATEGORY, Source.POPULAR),
    algorithm=Algorithm.TOGETHER,
)
CART = Slot(
    name="cart",
    first=(Source.TOGETHER,),
    refills=(Source.SIMILAR, Source.CONTENT, Source.OWN, Source.POPULAR),
    algorithm=Algorithm.TOGETHER,
)
BUY_AGAIN = Slot(name="buy_again", first=(Source.BUY_AGAIN,), algorithm=Algorithm.BUY_AGAIN, bought_too=True)
TRENDING = Slot(
    name="trending", first=(Source.TRENDING,), refills=(Source.POPULAR,), algorithm=Algorithm.TRENDING
)
RECENT = Slot(name="recent", first=(Source.RECENT,), algorithm=VIEWED, bought_too=True, is_ordered=True)
SEARCH = Slot(
    name="search",
    first=(Source.SESSION,),
    refills=(Source.CATEGORY, Source.TRENDING, Source.POPULAR),
    algorithm=Algorithm.HYBRID,
)
ALL = (HOME, SIMILAR, TOGETHER, CART, BUY_AGAIN, TRENDING, RECENT, SEARCH)
