"""Events as columns, whatever their types and number."""

import random
from typing import Any

from analytics_pipeline.event_block import EventBlock
from analytics_pipeline.events import COLUMNS, AnyEvent, CartAdd, Click, Record, Search, View
from tests.analytics_pipeline.samples import ANNE, BERT, id_ago, record


def some_records(count: int, *, chance: random.Random) -> list[Record]:
    records = []
    for number in range(count):
        id_ = id_ago(hours=chance.random() * 72)
        # Types and fields that occur late in the block, too.
        kinds: list[AnyEvent] = [View(event_id=id_, product_id=number + 1)]
        if number > count // 2:
            kinds += [Click(event_id=id_, product_id=number + 1, exposure_id=id_ago(hours=73), position=3)]
            kinds += [Search(event_id=id_, query="lamp", properties={"n": number})]
            kinds += [CartAdd(event_id=id_, product_id=number + 1, session_id=BERT)]
        key = chance.choice([ANNE, None])
        records.append(record(chance.choice(kinds), shopper_key=key, number=number))
    return records


def rows(block: EventBlock) -> dict[Any, dict[str, Any]]:
    found = [dict(zip(block.columns, row, strict=True)) for row in zip(*block.columns.values(), strict=True)]
    assert len(found) == block.rows
    return {row["event_id"]: row for row in found}


def test_each_row_of_a_large_block_is_that_of_its_record_alone() -> None:
    records = some_records(2_300, chance=random.Random(7))
    block = EventBlock.of(records)
    together = rows(block)
    assert len(together) == len(records)
    days = set()
    for one in records:
        alone = EventBlock.of([one])
        days |= alone.touched_days
        ((id_, row),) = rows(alone).items()
        assert {name: together[id_][name] for name in row} == row
        absent = together[id_].keys() - row.keys()
        assert all(together[id_][name] == COLUMNS[name].default for name in absent)
    assert block.touched_days == days


def test_a_field_that_no_record_has_is_left_out() -> None:
    block = EventBlock.of([record(View(event_id=id_ago(hours=1), product_id=5))])
    assert "query" not in block.columns
    assert block.columns["product_id"] == [5]


def test_no_records_make_no_rows() -> None:
    block = EventBlock.of([])
    assert (block.rows, block.columns, block.touched_days) == (0, {}, set())
