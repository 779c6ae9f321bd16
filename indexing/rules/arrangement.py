"""Place pinned products among the ranked hits, so that pages stay stable and disjoint.

A pinned product that is listed and passes the filters has one place in the whole list, and is left out of the
ranked hits on every page. So engines rank without the pinned products, and need a few hits before the page,
because how many of the pinned products are shown is known only afterwards.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from indexing.rules.actions import Pin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One page of a list with pinned products."""

    pinned: tuple[Pin, ...]
    offset: int
    page_size: int

    @property
    def start(self) -> int:
        """The first ranked hit that the page may need, counted from 0."""
        return max(0, self.offset - len(self.pinned))

    @property
    def end(self) -> int:
        """The end of the ranked hits that the page may need."""
        return self.offset + self.page_size

    def page(
        self,
        ranked: Sequence[T],
        *,
        count: int,
        shown: Collection[int],
        pinned_hit: Callable[[int], T],
    ) -> list[T]:
        """Return the page.

        `ranked` are the hits from `start` to `end` without pinned products, of which there are `count` in
        all. `shown` are the pinned products that are listed and pass the filters, and `pinned_hit` returns
        the hit of one of them.
        """
        if not shown:
            return list(ranked[self.offset - self.start : min(self.end, count) - self.start])
        places = self.places(count=count, shown=shown)
        page: list[T] = []
        for place in range(self.offset, min(self.end, count + len(places))):
            if place in places:
                page.append(pinned_hit(places[place]))
            else:
                index = place - sum(each < place for each in places) - self.start
                # A product may have been deleted since it was ranked.
                page += ranked[index : index + 1]
        return page

    def places(self, *, count: int, shown: Collection[int]) -> dict[int, int]:
        """Return the pinned products by their places in the list, counted from 0.

        Two products can't share a place: the one that was pinned first keeps it, and the other follows. A
        product whose position is beyond the end is the last one.
        """
        pins = sorted(
            (each for each in self.pinned if each.product_id in shown), key=lambda pin: pin.position
        )
        places: dict[int, int] = {}
        free = 0
        for before, pin in enumerate(pins):
            place = min(max(pin.position - 1, free), count + before)
            places[place] = pin.product_id
            free = place + 1
        return places
