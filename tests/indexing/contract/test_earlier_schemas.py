"""A generation of an earlier schema version serves and receives updates until a new one is swapped in."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from indexing.document import ProductDocument
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import PutDocument, Role, SearchEngine
from indexing.errors import FieldNotIndexed, UnsupportedSchema
from indexing.facets import ALL_FACETS
from indexing.fields import CURRENCY
from indexing.filters import Filters
from indexing.generations import kept_current, rebuild, roll_back
from indexing.grouping import Collapsed
from indexing.numeric import NumberLimits, NumericAttribute
from indexing.request import SearchRequest, Sort
from indexing.rules.actions import Boost, Pin
from indexing.rules.synonyms import Synonyms, SynonymSet
from indexing.schema import EARLIER, EARLIEST_VERSION, VERSION
from indexing.suggestions.typed import Typed
from indexing.tantivy.engine import TantivyEngine
from tests.indexing import schemas
from tests.indexing.builders import NOW, product, variant
from tests.indexing.rows import Rows
from tests.indexing.shop import Shop, ids_of
from tests.services.waiting import wait_until

PRODUCTS = (
    schemas.lantern(),
    product(1, "Brass hook", price="5.00", flash_sale=True),
    product(2, "Paper lantern", price="333", currency="JPY", brand="Folk"),
    product(3, "Gold lantern", price="19.984", currency="KWD"),
)


OF_ONE_CURRENCY = pytest.mark.parametrize(
    "version",
    [schema.version for schema in EARLIER if not schema.has(CURRENCY)],
    ids=lambda version: f"version {version}",
    indirect=True,
)
"""Versions without the fields of selections and currencies."""


@dataclass(frozen=True)
class Storage:
    """Opens engines on one set of generations, and creates generations of older schema versions there."""

    open: Callable[[], SearchEngine]
    create: Callable[[int], str]


@pytest.fixture
def storage(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if engine_name == "tantivy":
        yield Storage(
            open=lambda: TantivyEngine(tmp_path),
            create=lambda version: schemas.create_tantivy(tmp_path, version=version, now=NOW),
        )
        return
    url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(4)}"

    def open_engine() -> SearchEngine:
        return ElasticsearchEngine(url=url, prefix=prefix)

    yield Storage(
        open=open_engine,
        create=lambda version: schemas.create_elasticsearch(url, prefix=prefix, version=version, now=NOW),
    )
    last = open_engine()
    last.destroy()
    last.close()


@pytest.fixture
def engine(storage: Storage) -> Iterator[SearchEngine]:
    opened = storage.open()
    yield opened
    opened.close()


@pytest.fixture(params=[schema.version for schema in EARLIER], ids=lambda version: f"version {version}")
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def shop(storage: Storage, engine: SearchEngine, version: int) -> Shop:
    """A shop whose serving generation was created by an earlier release."""
    opened = Shop(engine, storage.create(version))
    opened.put(*PRODUCTS)
    return opened


def test_the_generation_states_its_schema_version(shop: Shop, version: int) -> None:
    serving = shop.engine.serving()

    assert (serving.name, serving.schema_version) == (shop.generation, version)
    assert kept_current(shop.engine.generations()) == [serving]
    shop.engine.ping()


@OF_ONE_CURRENCY
def test_the_generation_supports_searches_filters_sorting_and_suggestions(shop: Shop) -> None:
    assert shop.ids("lantern", sort=Sort.PRICE_LOW) == [3, 7, 2]
    assert shop.ids(min_price=Decimal("19.99"), max_price=Decimal(20)) == [7]
    assert shop.ids(max_price=Decimal("19.99"), brands=("lumen & co",)) == [7]
    assert shop.ids(flash_sale=True) == [1]
    assert shop.ids(attributes={"size": ("M",)}, in_stock=True) == [7]
    assert shop.page("brass lanturn").corrected_text is None
    assert [each.id for each in shop.engine.suggest_products(Typed.of("paper"), limit=3)] == [2]


def test_rules_are_applied_except_boosts_by_a_field_that_the_version_lacks(shop: Shop) -> None:
    boosts = (Boost(Filters(currency="JPY"), 9.0), Boost(Filters(brands=("Folk",)), 5.0))
    synonyms = Synonyms.of([SynonymSet(("lanterns",), source="lampions")])

    assert shop.ids("lampion", synonyms=synonyms, hidden=(3,), boosts=boosts) == [2, 7]
    assert shop.ids("lantern", pinned=(Pin(1, 2),), restrictions=(Filters(brands=("Folk",)),)) == [2]
    assert shop.ids("lantern", pinned=(Pin(1, 2),))[1] == 1


@OF_ONE_CURRENCY
def test_attributes_have_limits_on_tantivy_alone(shop: Shop, engine_name: str) -> None:
    limits = {"size": NumberLimits("", lowest=Decimal(1))}
    if engine_name == "tantivy":
        shop.put(product(4, "Boot", variants=(variant(41, size="44"),)))
        assert shop.ids(attribute_limits=limits) == [4]
        return
    with pytest.raises(FieldNotIndexed):
        shop.page(attribute_limits=limits)
    facets = shop.page(facets=replace(ALL_FACETS, numeric=(NumericAttribute("size"),))).facets
    assert facets is not None
    assert [each.ranges for each in facets.attributes if each.name == "size"] == [()]


@OF_ONE_CURRENCY
def test_products_are_collapsed_on_tantivy_alone(shop: Shop, engine_name: str) -> None:
    if engine_name == "tantivy":
        assert shop.ids(collapse="brand", sort=Sort.PRICE_LOW) == [1, 3, 7, 2]
        groups = {hit.product.id: hit.collapsed for hit in shop.page(collapse="material").hits}
        assert groups == {7: Collapsed("brass", 1), 1: None, 2: None, 3: None}
        return
    with pytest.raises(FieldNotIndexed, match="brand") as error:
        shop.page(collapse="brand")
    assert "rebuild_index" in error.value.remedy


def test_updates_are_written_in_the_generations_own_schema(shop: Shop) -> None:
    shop.put(replace_price(PRODUCTS[1], "7.00"), version=2)
    assert shop.ids(min_price=Decimal("6.99"), max_price=Decimal("7.00")) == [1]

    shop.delete(1, version=3)
    assert shop.engine.write(shop.generation, [PutDocument(PRODUCTS[1], 2)], now=NOW).stale == 1
    assert shop.engine.count(shop.generation) == len(PRODUCTS) - 1


def test_results_equal_those_of_the_current_schema_version(shop: Shop, engine: SearchEngine) -> None:
    requests = [
        SearchRequest(sort=sort, page_size=50, text=text)
        for sort in Sort
        for text in ("", "lantern", "brass hook")
    ]
    in_one_currency = [msgspec.structs.replace(each, currency="GBP") for each in PRODUCTS]
    shop.put(*in_one_currency, version=2)
    before = [engine.search(each) for each in requests]

    current = engine.create(now=datetime.now(UTC))
    engine.write(current.name, [PutDocument(each, 1) for each in in_one_currency], now=NOW)
    engine.swap(current.name)

    for request, old in zip(requests, before, strict=True):
        new = engine.search(request)
        assert ids_of(new) == ids_of(old), request
        assert new.facets is not None
        # Earlier versions have no currencies.
        assert old.facets is not None
        assert replace(new.facets, currencies=()) == replace(old.facets, currencies=())


def test_the_generation_serves_during_a_build_and_can_be_rolled_back_to(
    shop: Shop, engine: SearchEngine, storage: Storage, version: int
) -> None:
    other_process = storage.open()
    found_during_scan: list[set[int]] = []
    source = Rows({1: "One", 2: "Two"}, engine)
    source.while_scanning = lambda: found_during_scan.append(set(Shop(other_process, shop.generation).ids()))

    built = rebuild(engine, source, clock=lambda: datetime.now(UTC))

    assert found_during_scan == [{1, 2, 3, 7}]
    assert built.schema_version == VERSION
    assert [(each.role, each.schema_version) for each in engine.generations()] == [
        (Role.STANDBY, version),
        (Role.SERVING, VERSION),
    ]
    wait_until(lambda: set(Shop(other_process, built.name).ids()) == {1, 2})

    assert roll_back(engine).name == shop.generation
    assert set(shop.ids()) == {1, 2, 3, 7}
    wait_until(lambda: set(Shop(other_process, built.name).ids()) == {1, 2, 3, 7})
    shop.put(replace_price(PRODUCTS[1], "8.00"), version=9)
    assert shop.ids(max_price=Decimal("8.00"), min_price=Decimal("8.00")) == [1]
    other_process.close()


@pytest.mark.parametrize("version", [EARLIEST_VERSION - 1, VERSION + 1])
def test_reads_and_writes_of_unsupported_versions_are_refused_until_a_rebuild(
    storage: Storage, engine: SearchEngine, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "frozen", frozen_with_fields_of(EARLIEST_VERSION))
    name = storage.create(version)

    for attempt in (
        lambda: engine.search(SearchRequest()),
        lambda: engine.suggest_products(Typed.of("lan"), limit=3),
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
