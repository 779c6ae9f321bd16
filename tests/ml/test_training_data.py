"""Training from the warehouse, and the command that does it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from analytics_pipeline import clocks, ingest, uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import Record, View
from analytics_pipeline.warehouse import Warehouse
from ml.registry import Registry
from ml.train import main
from ml.training_data import from_warehouse
from tests.ml.planted import KINDS
from tests.own_warehouse import own_warehouse

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CUSTOMERS, PRODUCTS, EACH = 80, 40, 10


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated warehouse that only this test uses; the environment names it."""
    with own_warehouse(warehouse_url, home=tmp_path, environment=monkeypatch) as warehouse:
        yield warehouse


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """Sales over sixty days to customers who each buy one kind of product."""
    rng = np.random.default_rng(2)
    kinds = len(KINDS)
    customer = np.repeat(np.arange(CUSTOMERS), EACH)
    product = 1 + rng.integers(0, PRODUCTS // kinds, len(customer)) * kinds + customer % kinds
    warehouse.insert(
        "order_facts",
        {
            "movement_id": list(range(1, len(customer) + 1)),
            "kind": ["SALE"] * len(customer),
            "occurred_at": [
                NOW - timedelta(minutes=int(ago)) for ago in rng.integers(1, 86_400, len(customer))
            ],
            "product_id": product.tolist(),
            "customer_key": [UUID(int=int(number) + 1) for number in customer],
            "shopper_key": [NIL_UUID] * len(customer),
            "version": [1] * len(customer),
        },
    )
    ids = list(range(1, PRODUCTS + 1))
    warehouse.insert(
        "products",
        {
            "product_id": ids,
            "title": [f"{KINDS[(number - 1) % kinds]} piece {number}" for number in ids],
            "category_path": ["Home > Pieces"] * PRODUCTS,
            "attributes": [{"colour": ["red"]}] * PRODUCTS,
            "is_active": [number != 1 for number in ids],
            "created_at": [NOW - timedelta(days=90)] * PRODUCTS,
            "version": [1] * PRODUCTS,
        },
    )
    return warehouse


def test_the_warehouse_is_read_as_of_a_given_time(shop: Warehouse) -> None:
    full, earlier = (from_warehouse(shop, as_of=NOW - timedelta(days=days)) for days in (0, 30))

    assert 0 < len(earlier.log) < len(full.log) <= CUSTOMERS * EACH
    assert earlier.log.times.max() < np.datetime64("2026-01-30")
    assert full.catalogue.products[2].category == ("Home", "Pieces")
    assert full.catalogue.products[2].attributes == {"colour": ("red",)}
    assert not full.catalogue.products[1].sellable


def test_the_command_registers_a_version_with_lists_by_customer_key(
    shop: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0

    printed = capsys.readouterr().out
    version = Registry(tmp_path / "models").latest()
    assert version is not None
    assert f"registered {version.id}; `python manage.py publish_model` serves it" in printed
    assert "item_knn" in printed
    assert "not measurable" in printed, "fewer than 100 customers can be tested with"
    lists = version.lists("user.content_based")
    assert set(lists.subjects) <= {str(UUID(int=number + 1)) for number in range(CUSTOMERS)}
    assert 1 not in lists.products


def test_a_run_with_as_of_is_a_back_test_that_can_only_be_published_by_force(
    shop: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--as-of", "2026-03-01"]) == 0

    registry = Registry(tmp_path / "models")
    (version,) = registry.versions()
    printed = capsys.readouterr().out
    assert f"registered {version}, a back-test; only" in printed
    assert f'publish_model {version} --force --reason "…"` serves it' in printed
    assert registry.latest() is None


def test_a_run_is_compared_only_with_the_version_that_is_named_as_serving(
    shop: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([])
    (first,) = Registry(tmp_path / "models").versions()
    main(["--as-of", "2026-02-20"])
    assert "(the served recipe)" not in capsys.readouterr().out

    main(["--as-of", "2026-02-20", "--serving", first])

    assert "(the served recipe)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "neither interactions nor products"), (["--serving", "2020"], "no version '2020' is registered")],
)
def test_a_training_error_is_reported_in_one_line(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments) == 1

    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_warehouse_that_is_down_is_reported_without_creating_a_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://127.0.0.1:1/shop")
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))

    assert main([]) == 1

    assert capsys.readouterr().err.startswith("ml.train: ")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".training"]


def test_leaving_out_most_interactions_is_said_and_their_shoppers_get_lists(
    shop: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = [UUID(int=10_000 + number) for number in range(1_000)]
    ingest.load(
        shop,
        [
            Record(
                event=View(
                    event_id=uuid7.make(clocks.milliseconds(NOW), tail=guest.bytes[-10:]), product_id=5
                ),
                shopper_key=guest,
                arrived_at=NOW,
                number=1,
            )
            for guest in guests
        ],
    )
    as_of = ["--as-of", "2026-03-02"]

    assert main(as_of) == 0

    printed = capsys.readouterr().out
    assert "1000 interactions were left out" in printed
    registry = Registry(tmp_path / "models")
    version = registry.load(registry.versions()[-1])
    assert version.manifest["trust"]["rows"]["young"] == 1_000
    assert set(version.lists("user.content_based").subjects) >= {str(guest) for guest in guests}

    monkeypatch.setenv("VITRINE_ML_YOUNG_WEIGHT", "0.5")
    assert main(as_of) == 0
    assert "were left out" not in capsys.readouterr().out
    monkeypatch.setenv("VITRINE_ML_YOUNG_WEIGHT", "2")
    assert main(as_of) == 1
    assert "VITRINE_ML_YOUNG_WEIGHT='2'" in capsys.readouterr().err


def test_the_buyer_of_an_order_is_an_account_or_a_guest(shop: Warehouse) -> None:
    account, guest, linked = (UUID(int=number) for number in (1, 70_001, 70_002))
    before = from_warehouse(shop, as_of=NOW).orders
    shop.insert(
        "order_facts",
        {
            "movement_id": [50_001, 50_002, 50_003, 50_004, 50_005, 50_006],
            "order_item_id": [50_001, 50_002, 50_003, 50_004, 50_005, 50_005],
            "order_id": [90_001, 90_001, 90_002, 90_003, 90_004, 90_004],
            "kind": ["SALE"] * 5 + ["CANCEL"],
            "quantity": [1] * 6,
            "occurred_at": [NOW - timedelta(days=1)] * 6,
            "product_id": [1, 2, 3, 4, 5, 5],
            "customer_key": [account, account, *[NIL_UUID] * 4],
            "shopper_key": [NIL_UUID, NIL_UUID, guest, linked, NIL_UUID, NIL_UUID],
            "version": [1] * 6,
        },
    )
    shop.insert(
        "shopper_links",
        {"anonymous_key": [linked], "shopper_key": [account], "linked_at": [NOW - timedelta(hours=1)]},
    )

    orders = from_warehouse(shop, as_of=NOW).orders

    found = orders.where(orders.orders >= 90_001)
    rows = zip(
        found.orders.tolist(), found.items.tolist(), found.buyers.tolist(), found.by_account, strict=True
    )
    of_account, of_guest = str(account).encode(), str(guest).encode()
    assert [(order, item, buyer, bool(known)) for order, item, buyer, known in rows] == [
        (90_001, 1, of_account, True),
        (90_001, 2, of_account, True),
        (90_002, 3, of_guest, False),
        (90_003, 4, of_account, True),
    ]
    assert len(orders) == len(before) + len(found), "the cancelled line is left out"
    assert orders.fingerprint() != before.fingerprint()


def test_a_training_says_what_it_will_need_and_is_refused_without_the_memory(
    shop: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_ML_MEMORY_MB", "20")

    assert main([]) == 1

    printed, error = capsys.readouterr()
    assert "MB of memory and" in printed
    assert "of processor time" in printed
    assert "but 20 MB are available" in error
    assert error.count("\n") == 1
    assert Registry(tmp_path / "models").versions() == []
    monkeypatch.setenv("VITRINE_ML_MEMORY_MB", "2 GB")
    assert main([]) == 1
    assert "VITRINE_ML_MEMORY_MB='2 GB'" in capsys.readouterr().err
