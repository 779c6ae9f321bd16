"""Lists in mapped files."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
import pytest

from ml.lists import NO_PRODUCT, Lists
from ml.mapped_lists import MappedLists
from ml.registry import Registry, Version
from ml.serving import Scored

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
NAMESPACE = UUID(int=7)


def mapped(root: Path, lists: Lists) -> MappedLists:
    return registered(root, lists).mapped_lists("user.hybrid")


def registered(root: Path, lists: Lists) -> Version:
    facts = {"fingerprint": "1f3a9c02"}
    return Registry(root).register(
        lists={"user.hybrid": lists}, made_by={"user.hybrid": "best"}, facts=facts, now=NOW
    )


def lists_of(subjects: list[str] | list[int], rows: list[list[Scored]]) -> Lists:
    width = max(map(len, rows))
    padded = [[*row, *[Scored(NO_PRODUCT, 0.0)] * (width - len(row))] for row in rows]
    return Lists(
        np.array(subjects),
        np.array([[entry.product_id for entry in row] for row in padded]),
        np.array([[entry.score for entry in row] for row in padded], np.float32),
        np.array([[entry.because or NO_PRODUCT for entry in row] for row in padded]),
    )


def found(lists: MappedLists, subject: str) -> list[Scored] | None:
    place = lists.place(subject)
    return None if place is None else lists.at(place)


SHOPPERS = [str(uuid5(NAMESPACE, name)) for name in ("b", "a", "c")]
ROWS = [
    [Scored(2**40, 8.0, 9), Scored(5, 6.0), Scored(6, -1.0)],
    [Scored(5, 0.25, 2**40)],
    [],
]


def test_a_shopper_finds_the_own_entries_with_their_scores(tmp_path: Path) -> None:
    lists = mapped(tmp_path, lists_of(SHOPPERS, ROWS))

    assert len(lists) == 3
    entries = found(lists, SHOPPERS[0])
    assert entries is not None
    assert [(entry.product_id, entry.because) for entry in entries] == [(2**40, 9), (5, None), (6, None)]
    assert [entry.score for entry in entries] == pytest.approx([8, 6, 0], abs=1e-4)
    assert found(lists, SHOPPERS[1]) == [Scored(5, 0.25, 2**40)]


@pytest.mark.parametrize(
    "subject",
    [SHOPPERS[2], str(UUID(int=0)), str(UUID(int=2**128 - 1)), "", SHOPPERS[0][:-1], SHOPPERS[0] + "0"],
    ids=["an empty list", "before all", "after all", "no key", "a part of a key", "a longer key"],
)
def test_a_subject_without_entries_has_no_list(tmp_path: Path, subject: str) -> None:
    assert found(mapped(tmp_path, lists_of(SHOPPERS, ROWS)), subject) is None


@pytest.mark.parametrize(
    ("subject", "products"), [(3, [1]), (2**62, [3]), (7, [2]), (4, None), (2**63 - 1, None)]
)
def test_products_have_lists_by_their_ids(tmp_path: Path, subject: int, products: list[int] | None) -> None:
    rows = [[Scored(product, 1.0)] for product in (2, 1, 3)]
    lists = mapped(tmp_path, lists_of([7, 3, 2**62], rows))

    entries = found(lists, str(subject))
    assert products == (None if entries is None else [entry.product_id for entry in entries])
    assert all(entry.because is None for entry in entries or ())


def test_places_without_a_product_may_be_anywhere_in_a_list(tmp_path: Path) -> None:
    row = [Scored(NO_PRODUCT, 0.0), Scored(8, 2.0, 9), Scored(NO_PRODUCT, 0.0), Scored(5, 1.0)]
    lists = mapped(tmp_path, lists_of(SHOPPERS[:1], [row]))

    entries = found(lists, SHOPPERS[0])
    assert entries is not None
    assert [(entry.product_id, entry.because) for entry in entries] == [(8, 9), (5, None)]


def test_everyone_has_one_list(tmp_path: Path) -> None:
    lists = mapped(tmp_path, lists_of([""], [[Scored(4, 3.0)]]))

    assert found(lists, "") == [Scored(4, 3.0)]
    assert found(lists, "x") is None


def test_a_file_without_lists_has_none(tmp_path: Path) -> None:
    none = Lists(
        np.array([], dtype=str), *(np.zeros((0, 50), kind) for kind in (np.int64, np.float32, np.int64))
    )

    assert found(mapped(tmp_path, none), SHOPPERS[0]) is None


def test_lists_are_read_for_numpy_as_they_were_written_by_subject(tmp_path: Path) -> None:
    lists = registered(tmp_path, lists_of(SHOPPERS, ROWS)).lists("user.hybrid")

    order = np.argsort(SHOPPERS)
    assert lists.subjects.tolist() == sorted(SHOPPERS)
    for place, row in enumerate(order):
        products = [entry.product_id for entry in ROWS[row]]
        assert lists.products[place].tolist() == products + [NO_PRODUCT] * (3 - len(products))
    assert lists.because[np.argsort(order)[0]].tolist() == [9, NO_PRODUCT, NO_PRODUCT]


@pytest.mark.parametrize(("products", "bytes_a_position"), [(65_535, 2), (65_536, 4)])
def test_positions_of_many_products_are_wider(tmp_path: Path, products: int, bytes_a_position: int) -> None:
    ids = np.arange(1, products + 1).reshape(-1, 1)
    lists = Lists(ids[:, 0], ids, np.ones(ids.shape, np.float32), np.zeros_like(ids))

    assert lists.to_arrays()["positions"].itemsize == bytes_a_position
    assert found(mapped(tmp_path, lists), str(products)) == [Scored(products, 1.0)]


def test_each_of_a_million_shoppers_finds_the_own_list(tmp_path: Path) -> None:
    number = 1_000_000
    # An odd factor maps the numbers one to one, in an order that is not sorted.
    keys = [b"%032x" % (one * 0x9E3779B97F4A7C15 % 2**64) for one in range(number)]
    products = (np.arange(number) % 1_000 + 1).reshape(-1, 1)
    lists = Lists(np.array(keys), products, np.ones(products.shape, np.float32), np.zeros_like(products))
    mapped_lists = mapped(tmp_path, lists)

    assert len(mapped_lists) == number
    for one in range(0, number, 97):
        key = keys[one].decode()
        assert found(mapped_lists, key) == [Scored(one % 1_000 + 1, 1.0)]
        assert found(mapped_lists, key[:-1] + "g") is None
