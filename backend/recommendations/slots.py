"""The slots in which recommendations are shown: their sources, as data.

A list is made of candidates of its sources, ranked, checked by the rules and refilled. The first sources are
ranked together; those of `refills` follow in their order if the ones before have too few products.
"""

from dataclasses import dataclass

from ml.serving import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place of the shop that shows a list; exposures have its `name`."""

    name: str
    first: tuple[Source, ...]
    refills: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources, in the order in which they fill the list."""
        return *self.first, *self.refills


HOME = Slot(name="user", first=(Source.OWN, Source.SESSION), refills=(Source.POPULAR,))
SIMILAR = Slot(name="product", first=(Source.SIMILAR,), refills=(Source.CONTENT, Source.POPULAR))
