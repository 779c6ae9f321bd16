"""Exposures into the stream, where the other events are."""

import msgspec

from analytics_pipeline import events
from analytics_pipeline.stream import Batch, StreamUnavailable
from backend.engines.streams import stream
from backend.exposures.errors import ExposureNotStored
from backend.exposures.services import Exposure


def store(exposure: Exposure) -> None:
    """Put the exposure into the stream as an event.

    Raises:
        ExposureNotStored: the stream can't take it now.
    """
    event = events.Exposure(
        event_id=exposure.id,
        surface=exposure.surface,
        product_ids=exposure.product_ids,
        query=exposure.query,
        filters=msgspec.json.encode(exposure.filters, order="deterministic").decode(),
        slot=exposure.slot,
        algorithm=exposure.algorithm,
        arms=exposure.arms,
        page=exposure.page,
    )
    batch = Batch(arrived_at=exposure.shown_at, shopper_key=exposure.shopper.key, events=(event,))
    try:
        stream().append(batch)
    except StreamUnavailable as error:
        raise ExposureNotStored(str(error)) from error
