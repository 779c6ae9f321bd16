"""Convert the generated behaviour to warehouse events."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator

from analytics_pipeline import uuid7
from analytics_pipeline.clocks import milliseconds
from analytics_pipeline.events import (
    AnyEvent,
    CartAdd,
    Carted,
    CartRemove,
    Checkout,
    Click,
    Exposure,
    Record,
    Search,
    View,
)
from demo.behaviour import Behaviour
from demo.lists import NOTHING, CandidateLists
from demo.orders import SECONDS_TO_CART, CartAdditions, Stocked

SEARCH_BEFORE_LIST = 0.2
VIEW_AFTER_CLICK = 1.0
SECONDS_TO_REMOVE = 90.0
# The steps of the checkout, with the seconds since the last addition to the cart.
CHECKOUT_STEPS = {"address": 60.0, "payment": 120.0}
ABANDONED_CHECKOUT_RATE = 0.3
# How often a shopper searches for something that isn't sold before another search.
UNSOLD_RATE = 0.05
SECONDS_AFTER_UNSOLD = 20.0
ARRIVES_AFTER = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exposure_ids(behaviour: Behaviour, *, rng: Generator) -> list[uuid.UUID]:
    """Return an id for every list; it contains the time when the list was shown."""
    tails = rng.bytes(10 * len(behaviour.shown.seconds))
    return [
        uuid7.make(milliseconds(_at(behaviour, seconds)), tail=tails[10 * number : 10 * number + 10])
        for number, seconds in enumerate(behaviour.shown.seconds)
    ]


def _at(behaviour: Behaviour, seconds: float) -> datetime:
    return behaviour.begins_at + timedelta(seconds=float(seconds))


@dataclass(frozen=True, slots=True)
class Recorder:
    """Converts behaviour to records; exposures have the ids that orders refer to.

    `product_ids` and `stocked` are by product position, `keys` by shopper position, `exposures` by shown
    list. `unsold` are searches that find nothing, the most frequent first.
    """

    behaviour: Behaviour
    candidate_lists: CandidateLists
    added: CartAdditions
    product_ids: Sequence[int]
    stocked: Sequence[Stocked]
    keys: Sequence[uuid.UUID]
    exposures: Sequence[uuid.UUID]
    unsold: Sequence[str]
    rng: Generator

    def records(self) -> Iterator[Record]:
        """Yield every event once, roughly ordered by time."""
        clicks = self.behaviour.clicks
        of_list = np.searchsorted(clicks.shown, np.arange(len(self.exposures) + 1))
        checkouts = self._checkouts()
        number = 0
        for shown in range(len(self.exposures)):
            key = self.keys[self.behaviour.shown.shoppers[shown]]
            events = [*self._list(shown)]
            for click in range(of_list[shown], of_list[shown + 1]):
                events += self._click(click, exposure_id=self.exposures[shown])
                events += self._checkout(click, steps=checkouts.get(click, 0))
            for event in events:
                number += 1
                yield Record(
                    event=event, shopper_key=key, arrived_at=event.occurred_at + ARRIVES_AFTER, number=number
                )

    def _list(self, shown: int) -> Iterator[AnyEvent]:
        context = self.candidate_lists.contexts[self.behaviour.shown.lists[shown]]
        products = self.behaviour.shown.products[shown]
        exposure_id = self.exposures[shown]
        if context.query and self.rng.random() < UNSOLD_RATE:
            yield from self._search_for_unsold(shown)
        if context.query:
            before = float(self.behaviour.shown.seconds[shown]) - SEARCH_BEFORE_LIST
            yield Search(event_id=self._id(before), query=context.query, exposure_id=exposure_id)
        yield Exposure(
            event_id=exposure_id,
            surface=context.surface,
            product_ids=tuple(self.product_ids[product] for product in products if product != NOTHING),
            query=context.query,
            filters=context.filters,
            slot=context.slot,
            algorithm=context.algorithm,
        )

    def _search_for_unsold(self, shown: int) -> Iterator[AnyEvent]:
        at = float(self.behaviour.shown.seconds[shown]) - SECONDS_AFTER_UNSOLD
        query = self.unsold[int(len(self.unsold) * self.rng.random() ** 1.7)]
        exposure_id = self._id(at)
        yield Search(event_id=self._id(at - SEARCH_BEFORE_LIST), query=query, exposure_id=exposure_id)
        yield Exposure(event_id=exposure_id, surface="search", product_ids=(), query=query)

    def _checkouts(self) -> dict[int, int]:
        """Return the number of steps of the checkout after the last addition of a session, by its click."""
        clicks, sessions = self.behaviour.clicks, self.behaviour.shown.sessions
        last: dict[int, int] = {}
        for click in np.flatnonzero(clicks.added & ~clicks.removed).tolist():
            session = int(sessions[clicks.shown[click]])
            if clicks.seconds[click] >= clicks.seconds[last.get(session, click)]:
                last[session] = click
        return {
            click: len(CHECKOUT_STEPS)
            if clicks.ordered[click]
            else int(self.rng.random() < ABANDONED_CHECKOUT_RATE)
            for click in last.values()
        }

    def _checkout(self, click: int, *, steps: int) -> Iterator[AnyEvent]:
        at = float(self.behaviour.clicks.seconds[click]) + SECONDS_TO_CART
        for step, seconds in list(CHECKOUT_STEPS.items())[:steps]:
            yield Checkout(event_id=self._id(at + seconds), step=step)

    def _click(self, click: int, *, exposure_id: uuid.UUID) -> Iterator[AnyEvent]:
        clicks = self.behaviour.clicks
        position = int(clicks.products[click])
        product_id = self.product_ids[position]
        at = float(clicks.seconds[click])
        yield Click(
            event_id=self._id(at),
            product_id=product_id,
            exposure_id=exposure_id,
            position=int(clicks.places[click]) + 1,
        )
        yield View(event_id=self._id(at + VIEW_AFTER_CLICK), product_id=product_id, exposure_id=exposure_id)
        if not clicks.added[click]:
            return
        variant_id = self.stocked[position].variant_ids[self.added.places[click]]
        units = int(clicks.units[click])
        for kind in (CartAdd, Carted):
            yield kind(
                event_id=self._id(at + SECONDS_TO_CART),
                product_id=product_id,
                variant_id=variant_id,
                quantity=units,
                exposure_id=exposure_id if self.added.named[click] else None,
            )
        if clicks.removed[click]:
            removed_at = self._id(at + SECONDS_TO_REMOVE)
            yield CartRemove(
                event_id=removed_at, product_id=product_id, variant_id=variant_id, quantity=units
            )

    def _id(self, seconds: float) -> uuid.UUID:
        return uuid7.make(milliseconds(_at(self.behaviour, seconds)), tail=self.rng.bytes(10))
