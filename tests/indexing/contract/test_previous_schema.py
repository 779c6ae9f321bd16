"""A generation of the previous schema version serves and receives updates until a new one is swapped in."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from indexing.document import ProductDocument
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import PutDocument, Role, SearchEngine
from indexing.errors import UnsupportedSchema
from indexing.facets import Facets
from indexing.generations import kept_current, rebuild, roll_back
from indexing.request import SearchRequest, Sort
from indexing.schema import PREVIOUS_VERSION, VERSION
from indexing.tantivy.engine import TantivyEngine
from tests.indexing import schemas
from tests.indexing.builders import NOW, product
from tests.indexing.rows import Rows
from tests.indexing.shop import Shop, eventually, ids_of

PRODUCTS = (
    schemas.lamp(),
    product(1, "Brass hook", price="5.00", flash_sale=True),
    product(2, "Paper lantern", price="333", currency="JPY", brand="Folk"),
    product(3, "Gold lantern", price="19.984", currency="KWD"),
)


@dataclass(frozen=True)
class Place:
    """Where one shop keeps its generations, and how releases of a schema version made them."""

    open: Callable[[], SearchEngine]
    create: Callable[[int], str]


@pytest.fixture
def place(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if engine_name == "tantivy":
        yield Place(
            open=lambda: TantivyEngine(tmp_path),
            create=lambda version: schemas.create_tantivy(tmp_path, version=version, now=NOW),
        )
        return
    url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(4)}"

    def open_engine() -> SearchEngine:
        return ElasticsearchEngine(url=url, prefix=prefix)

    yield Place(
        open=open_engine,
        create=lambda version: schemas.create_elasticsearch(url, prefix=prefix, version=version, now=NOW),
    )
    last = open_engine()
    last.destroy()
    last.close()


@pytest.fixture
def engine(place: Place) -> Iterator[SearchEngine]:
    opened = place.open()
    yield opened
    opened.close()


@pytest.fixture
def shop(place: Place, engine: SearchEngine) -> Shop:
    """A shop whose serving generation was made by the release before."""
    opened = Shop(engine, place.create(PREVIOUS_VERSION))
    opened.sells(*PRODUCTS)
    return opened


def test_it_states_its_version(shop: Shop) -> None:
    serving = shop.engine.serving()

    assert (serving.name, serving.schema_version) == (shop.generation, PREVIOUS_VERSION)
    assert kept_current(shop.engine.generations()) == [serving]
    shop.engine.ping()


def test_it_answers_searches_filters_orders_facets_and_suggestions(shop: Shop) -> None:
    assert shop.ids("lantern", sort=Sort.PRICE_LOW) == [3, 7, 2]
    assert shop.ids(min_price=Decimal("19.99"), max_price=Decimal(20)) == [7]
    assert shop.ids(max_price=Decimal("19.99"), brands=("lumen & co",)) == [7]
    assert shop.ids(flash_sale=True) == [1]
    assert shop.ids(attributes={"size": ("M",)}, in_stock=True) == [7]
    assert shop.page("brass lanturn").corrected_text == "brass lantern"
    assert [each.text for each in shop.engine.suggest("paper")] == ["paper lantern"]


def test_it_receives_updates_in_its_own_form(shop: Shop) -> None:
    shop.sells(replace_price(PRODUCTS[1], "7.00"), version=2)
    assert shop.ids(min_price=Decimal("6.99"), max_price=Decimal("7.00")) == [1]

    shop.delete(1, version=3)
    assert shop.engine.write(shop.generation, [PutDocument(PRODUCTS[1], 2)], now=NOW).stale == 1
    assert shop.engine.count(shop.generation) == len(PRODUCTS) - 1


def test_it_answers_as_the_current_version_does(shop: Shop, engine: SearchEngine) -> None:
    requests = [
        SearchRequest(sort=sort, page_size=50, text=text)
        for sort in Sort
        for text in ("", "lantern", "brass hook")
    ]
    before = [engine.search(each) for each in requests]

    current = engine.create(now=datetime.now(UTC))
    engine.write(current.name, [PutDocument(each, 1) for each in PRODUCTS], now=NOW)
    engine.swap(current.name)

    for request, old in zip(requests, before, strict=True):
        new = engine.search(request)
        assert ids_of(new) == ids_of(old), request
        assert new.facets == old.facets
        assert isinstance(new.facets, Facets)


def test_it_serves_while_a_new_generation_is_built_and_can_be_rolled_back_to(
    shop: Shop, engine: SearchEngine, place: Place
) -> None:
    other_process = place.open()
    seen: list[set[int]] = []
    source = Rows({1: "One", 2: "Two"}, engine)
    source.while_scanning = lambda: seen.append(set(Shop(other_process, shop.generation).ids()))

    built = rebuild(engine, source, clock=lambda: datetime.now(UTC))

    assert seen == [{1, 2, 3, 7}]
    assert built.schema_version == VERSION
    assert [(each.role, each.schema_version) for each in engine.generations()] == [
        (Role.STANDBY, PREVIOUS_VERSION),
        (Role.SERVING, VERSION),
    ]
    eventually(lambda: set(Shop(other_process, built.name).ids()) == {1, 2})

    assert roll_back(engine).name == shop.generation
    assert set(shop.ids()) == {1, 2, 3, 7}
    eventually(lambda: set(Shop(other_process, built.name).ids()) == {1, 2, 3, 7})
    shop.sells(replace_price(PRODUCTS[1], "8.00"), version=9)
    assert shop.ids(max_price=Decimal("8.00"), min_price=Decimal("8.00")) == [1]
    other_process.close()


@pytest.mark.parametrize("version", [PREVIOUS_VERSION - 1, VERSION + 1])
def test_another_version_is_refused_for_reads_and_writes_until_it_is_rebuilt(
    place: Place, engine: SearchEngine, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "frozen", frozen_with_fields_of(PREVIOUS_VERSION))
    name = place.create(version)

    for attempt in (
        lambda: engine.search(SearchRequest()),
        lambda: engine.suggest("lan"),
        lambda: engine.write(name, [PutDocument(product(1), 1)], now=NOW),
        lambda: engine.count(name),
        engine.ping,
    ):
        with pytest.raises(UnsupportedSchema) as error:
            attempt()
        assert "rebuild_index" in error.value.remedy

    assert kept_current(engine.generations()) == []
    built = rebuild(engine, Rows({1: "One"}, engine), clock=lambda: datetime.now(UTC))
    assert [each.name for each in engine.generations()] == [built.name]


def replace_price(document: ProductDocument, price: str) -> ProductDocument:
    return product(document.id, document.title, price=price, flash_sale=document.flash_sale)


def frozen_with_fields_of(version: int) -> Callable[[str], object]:
    original = schemas.frozen
    return lambda name: original(f"{name.rpartition('-')[0]}-{version}")
