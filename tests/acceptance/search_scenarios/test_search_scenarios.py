"""Every scenario passes on both engines, or its data file says why it doesn't."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from indexing.document import ProductDocument
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import PutDocument, SearchEngine
from indexing.lexicon.refreshing import refresh
from indexing.suggestions.building import CatalogueProduct, build
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.tantivy.engine import TantivyEngine
from tests.acceptance.search_scenarios.catalogue import EPOCH, products
from tests.acceptance.search_scenarios.expectations import check, is_known
from tests.acceptance.search_scenarios.observed import Observed
from tests.acceptance.search_scenarios.scenario import Scenario, scenarios
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.data]

SCENARIOS = tuple(scenarios())
BATCH = 5_000
ENGINES = ("tantivy", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch))


@pytest.fixture(scope="module")
def shop(data_dir: str) -> Sequence[ProductDocument]:
    """The products of the shop."""
    named = frozenset[str]().union(*(each.named for each in SCENARIOS))
    return tuple(products(Path(data_dir), named=named))


@pytest.fixture(scope="module")
def ids(shop: Sequence[ProductDocument]) -> Mapping[str, int]:
    """The products' ids by SKU."""
    return {variant.sku: each.id for each in shop for variant in each.variants}


@pytest.fixture(scope="module")
def dictionary(shop: Sequence[ProductDocument]) -> SuggestionDictionary:
    """The suggestion dictionary of the shop, without queries of shoppers."""
    return build(map(CatalogueProduct.of, shop))


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, shop: Sequence[ProductDocument], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchEngine]:
    """An engine whose serving generation has the shop's products."""
    opened: SearchEngine
    if request.param == "tantivy":
        opened = TantivyEngine(tmp_path_factory.mktemp("scenarios"))
    else:
        url = request.getfixturevalue("elasticsearch_url")
        opened = ElasticsearchEngine(url=url, prefix=f"test-scenarios-{secrets.token_hex(4)}")
    try:
        _index(opened, shop, now=EPOCH)
        yield opened
    finally:
        opened.destroy()
        opened.close()


def _index(engine: SearchEngine, shop: Sequence[ProductDocument], *, now: datetime) -> None:
    writes = [PutDocument(each, 1) for each in shop]
    generation = engine.create(now=now).name
    for start in range(0, len(writes), BATCH):
        engine.write(generation, writes[start : start + BATCH], now=now)
    refresh(engine, generation)
    engine.swap(generation)
    wait_until(lambda: engine.count(generation) == len(writes), what="searches find the products")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_search_meets_the_expectations_of_a_merchandiser(
    scenario: Scenario,
    engine: SearchEngine,
    dictionary: SuggestionDictionary,
    ids: Mapping[str, int],
    request: pytest.FixtureRequest,
) -> None:
    if reason := scenario.failure_on(engine.name):
        request.applymarker(pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True))
    observed = Observed(scenario, engine, dictionary=dictionary, ids=ids)

    for expectation in scenario.expect:
        check(observed, expectation)


def test_every_expectation_has_a_check_and_every_scenario_its_own_name() -> None:
    names = [each.name for each in SCENARIOS]

    assert [each for one in SCENARIOS for each in one.expect if not is_known(each)] == []
    assert len(set(names)) == len(names)
