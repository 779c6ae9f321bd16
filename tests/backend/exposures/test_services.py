"""A list has an exposure id only if its exposure was stored."""

from uuid import uuid4

import pytest

from backend.api.shoppers import Shopper
from backend.exposures.counts import check
from backend.exposures.errors import ExposureNotStored
from backend.exposures.services import _no_sink, expose
from tests.backend.exposures.sinks import kept, lost
from tests.backend.shop import NOW

GUEST = Shopper(key=uuid4())


def test_the_sink_receives_all_fields_of_an_exposure() -> None:
    before = check()
    with kept() as exposures:
        exposure_id = expose(
            surface="search",
            shopper=GUEST,
            product_ids=[3, 1, 2],
            query="lamp",
            filters={"brand": "Acme"},
            slot="top",
            algorithm="popularity",
            version="m-17",
            arms=["rank:b"],
            page=2,
            now=NOW,
        )
    (exposure,) = exposures
    assert exposure.id == exposure_id
    assert exposure.id.version == 7
    assert (exposure.surface, exposure.shopper, exposure.product_ids) == ("search", GUEST, (3, 1, 2))
    assert (exposure.query, exposure.filters, exposure.slot, exposure.algorithm, exposure.page) == (
        "lamp",
        {"brand": "Acme"},
        "top",
        "popularity",
        2,
    )
    assert (exposure.version, exposure.arms, exposure.shown_at) == ("m-17", ("rank:b",), NOW)
    assert check() == {"stored": before["stored"] + 1, "not_stored": before["not_stored"]}


def test_each_exposure_has_its_own_id() -> None:
    with kept():
        ids = {expose(surface="search", shopper=GUEST, product_ids=[], now=NOW) for _ in range(100)}
    assert len(ids) == 100


def test_an_exposure_that_cannot_be_stored_has_no_id_and_is_counted() -> None:
    before = check()
    with lost():
        assert expose(surface="search", shopper=GUEST, product_ids=[1], now=NOW) is None
    assert check() == {"stored": before["stored"], "not_stored": before["not_stored"] + 1}


def test_without_a_sink_no_exposure_is_stored() -> None:
    with kept() as exposures:
        expose(surface="search", shopper=GUEST, product_ids=[1], now=NOW)
    with pytest.raises(ExposureNotStored, match="no sink"):
        _no_sink(exposures[0])
