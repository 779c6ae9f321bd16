"""Erasing shoppers from the warehouse."""

from uuid import UUID

from analytics_pipeline.erasure import delete_links_and_letters
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW


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
