"""Erasing shoppers from the warehouse."""

from uuid import UUID

import pytest

from analytics_pipeline import ingest, rollup_builds, rollups
from analytics_pipeline.erasure import delete_events, delete_links_and_letters
from analytics_pipeline.events import CartAdd, Carted, Click, Exposure
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, id_ago, record


def test_the_letters_of_all_keys_are_deleted_however_many_a_shopper_has(warehouse: Warehouse) -> None:
    keys = [UUID(int=number) for number in range(1_000, 1_300)]
    payloads = ["an event", f'{{"anonymous_id": "{keys[-1]}"}}', f"of {keys[150].hex}", "of another shopper"]
    warehouse.insert(
        "dead_letters",
        {
            "entry": [f"{number}-0" for number in range(len(payloads))],
            "position": [0] * len(payloads),
            "arrived_at": [NOW] * len(payloads),
            "shopper_key": [keys[299], ANNE, ANNE, BERT],
            "reason": ["refused"] * len(payloads),
            "payload": payloads,
        },
    )

    delete_links_and_letters(warehouse, keys)

    assert [row["payload"] for row in warehouse.rows("SELECT payload FROM dead_letters")] == [payloads[-1]]


@pytest.mark.parametrize("kind", [Click, CartAdd, Carted])
def test_the_statistics_of_a_list_are_computed_again_without_the_responses_of_the_shopper(
    kind: type[Click | CartAdd | Carted], warehouse: Warehouse
) -> None:
    shown = Exposure(event_id=id_ago(days=2), surface="search", product_ids=(1,), query="lamp", page=1)
    response = kind(event_id=id_ago(days=1), product_id=1, exposure_id=shown.event_id)
    ingest.load(warehouse, [record(shown, shopper_key=BERT), record(response, shopper_key=ANNE)])
    rollup_builds.rebuild(warehouse)

    delete_events(warehouse, [ANNE])

    assert shown.occurred_at.date() in rollups.dirty_days(warehouse, rollups.RESULT_LISTS)
