"""Stores exposures as events in the stream."""

import msgspec

from analytics_pipeline import events
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.stream import Batch
from backend.engines.streams import stream
from backend.exposures.errors import ExposureNotStored
from backend.exposures.services import ShownList


def store(shown: ShownList) -> None:
    """Append the exposure to the stream as an event.

    Raises:
        ExposureNotStored: the stream cannot accept it now.
    """
    event = events.Exposure(
        event_id=shown.id,
        surface=shown.surface,
        product_ids=shown.product_ids,
        query=shown.query,
        filters=msgspec.json.encode(shown.filters, order="deterministic").decode(),
        slot=shown.slot,
        algorithm=shown.algorithm,
        list_version=shown.version,
        arms=shown.arms,
        page=shown.page,
        first_position=shown.first_position,
        rule_ids=shown.rule_ids,
        pinned_ids=tuple(shown.pinned_by),
        pinned_by=tuple(shown.pinned_by.values()),
        sources=shown.sources,
        propensities=shown.propensities,
    )
    batch = Batch(
        arrived_at=shown.shown_at,
        shopper_key=shown.shopper.key,
        events=(event,),
        **shown.shopper.arrival.columns(),
    )
    key = shown.shopper.key
    try:
        if key is not None and _is_worth_remembering(shown):
            stream().append_search(batch, shopper_key=key, text=shown.query)
        else:
            stream().append(batch)
    except StreamUnavailable as error:
        raise ExposureNotStored(str(error)) from error


def _is_worth_remembering(shown: ShownList) -> bool:
    """Return whether the list is the first page of a search that found something."""
    return shown.surface == "search" and shown.page == 1 and bool(shown.query.strip() and shown.product_ids)
