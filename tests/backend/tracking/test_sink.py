"""Exposures are written to the stream as events."""

import socket
import time

import pytest
from django.utils import timezone

from analytics_pipeline.events import Exposure
from analytics_pipeline.stream import Stream, decode
from backend.api.arrivals import Arrival
from backend.api.shoppers import Shopper
from backend.engines import streams
from backend.exposures.services import expose
from tests.backend.tracking.conftest import GUEST


def test_an_exposure_reaches_the_stream_with_all_its_fields(stream: Stream) -> None:
    exposure_id = expose(
        surface="search",
        shopper=Shopper(key=GUEST, arrival=Arrival(device="mobile", is_bot=True, consent="granted")),
        product_ids=[3, 1, 2],
        query="lamp",
        filters={"brand": ["b", "a"]},
        slot="top",
        algorithm="bm25",
        version="g-3",
        arms=["rank:b"],
        page=2,
        first_position=21,
        rule_ids=[4, 9],
        pinned_by={1: 9},
        sources=["own", "own", "popular"],
        propensities=[0.9, 0.05, 0.05],
        now=timezone.now(),
    )
    assert exposure_id is not None
    stream.open()
    (entry,) = stream.take(count=10, block_seconds=0.001)
    batch = decode(entry.payload or b"")
    assert batch.shopper_key == GUEST
    assert (batch.device, batch.is_bot, batch.consent) == ("mobile", True, "granted")
    assert batch.events == (
        Exposure(
            event_id=exposure_id,
            surface="search",
            product_ids=(3, 1, 2),
            query="lamp",
            filters='{"brand":["b","a"]}',
            slot="top",
            algorithm="bm25",
            list_version="g-3",
            arms=("rank:b",),
            page=2,
            first_position=21,
            rule_ids=(4, 9),
            pinned_ids=(1,),
            pinned_by=(9,),
            sources=("own", "own", "popular"),
            propensities=(0.9, 0.05, 0.05),
        ),
    )


def test_a_list_does_not_wait_long_for_a_stream_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        streams.stream.cache_clear()
        started = time.monotonic()
        try:
            exposure_id = expose(
                surface="search", shopper=Shopper(key=GUEST), product_ids=[3], now=timezone.now()
            )
        finally:
            streams.stream.cache_clear()
    assert exposure_id is None
    assert time.monotonic() - started < 4
