"""The command search_parity and the scheduled comparison of the index."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.catalog.models import Product
from backend.engines.index import engine as engine_of_process
from backend.outbox.models import Cursor
from backend.search.rebuilding import build
from backend.search.tasks import compare_index
from indexing.engine import SearchEngine
from tests.backend.shop import SYSTEM, product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def lamps(shop_engine: SearchEngine) -> list[Product]:
    """Five products, which the serving generation and the standby contain."""
    created = [product(f"Lantern {number}") for number in range(5)]
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    return created


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An Elasticsearch that doesn't run."""
    monkeypatch.setenv("VITRINE_SEARCH_ENGINE", "elasticsearch")
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    engine_of_process.cache_clear()
    yield
    engine_of_process().close()
    engine_of_process.cache_clear()


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit status, its output and its error."""
    out = io.StringIO()
    try:
        call_command("search_parity", *arguments, stdout=out, stderr=io.StringIO())
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def change_without_messages(*lamps: Product) -> None:
    Product.unpublished.filter(pk__in=[lamp.pk for lamp in lamps]).update(title="Changed")


def test_the_serving_generation_is_compared_and_repaired(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    serving = shop_engine.serving().name
    assert run() == (0, f"{serving}: 5 products compared, 0 differ\n", "")
    change_without_messages(*lamps[:2])

    status, output, error = run("--examples", "1")

    assert status == 1
    assert output.splitlines() == [
        f"{serving}: 5 products compared, 2 differ",
        f"different 2: {lamps[0].pk} (title), …",
        "fields: title 2",
    ]
    assert error == f"2 products differ in {serving}; run: manage.py search_parity --repair"
    assert AuditEntry.objects.filter(action="search.index_repaired").count() == 0
    status, output, error = run("--repair")
    assert (status, error) == (0, "")
    assert output.splitlines()[-1] == "repaired 2, still differ 0"
    assert run()[0] == 0
    (entry,) = AuditEntry.objects.filter(action="search.index_repaired")
    assert (entry.system_name, entry.changes) == ("search_parity", {"different": [None, 2]})


def test_a_rebuild_is_advised_if_most_products_differ(lamps: list[Product]) -> None:
    change_without_messages(*lamps[:3])

    assert run()[2].endswith("; run: manage.py rebuild_index")


def test_the_result_as_json(shop_engine: SearchEngine, lamps: list[Product]) -> None:
    change_without_messages(lamps[3])
    Product.unpublished.filter(pk=lamps[0].pk).update(is_active=False)

    status, output, _ = run("--json", "--all")

    result = json.loads(output)
    assert (status, result["clean"]) == (1, False)
    standby, serving = result["generations"]
    assert serving["generation"] == shop_engine.serving().name
    assert serving["different"] == {"count": 1, "first": [{"id": lamps[3].pk, "fields": ["title"]}]}
    assert serving["superfluous"] == {"count": 1, "first": [{"id": lamps[0].pk}]}
    assert (serving["missing"]["count"], serving["fields"]) == (0, {"title": 1})
    assert (serving["products"], serving["differing"], serving["after_repair"]) == (5, 2, None)
    assert {**standby, "generation": ""} == {**serving, "generation": ""}
    repaired = json.loads(run("--json", "--repair")[1])
    assert repaired["clean"] is True
    assert repaired["generations"][0]["after_repair"]["different"] == {"count": 0, "first": []}


def test_a_generation_is_chosen_by_its_name(shop_engine: SearchEngine, lamps: list[Product]) -> None:
    standby = next(each for each in shop_engine.generations() if each.name != shop_engine.serving().name)

    assert run("--generation", standby.name)[1] == f"{standby.name}: 5 products compared, 0 differ\n"


def test_wrong_input_is_refused(shop_engine: SearchEngine) -> None:
    building = shop_engine.create(now=timezone.now()).name

    assert run("--generation", "products-nowhere")[0] == 2
    assert run("--generation", building)[0] == 2
    assert run("--timeout", "0")[0] == 2


def test_nothing_is_compared_without_an_index_or_while_the_engine_is_away(
    folder_engine: SearchEngine, request: pytest.FixtureRequest
) -> None:
    status, output, error = run()
    assert (status, output) == (3, "")
    assert "rebuild_index" in error

    request.getfixturevalue("away")
    status, output, error = run()
    assert (status, output) == (3, "")
    assert "elasticsearch is unavailable" in error


def test_an_index_that_missed_changes_is_not_compared(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    change_without_messages(lamps[0])
    product("Published")
    Cursor.objects.update(overtaken=True, lease_owner="", lease_until=None)

    status, _, error = run()

    assert (status, error) == (3, "the index missed changes; run: manage.py rebuild_index")


def test_the_scheduled_task_logs_the_differences_of_every_generation(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    change_without_messages(lamps[0])

    with structlog.testing.capture_logs() as lines:
        assert compare_index() == 2

    logged = [(line["generation"], line["fields"]) for line in lines if line["event"] == "index_differs"]
    assert logged == [(each.name, {"title": 1}) for each in shop_engine.generations()]
    Product.unpublished.filter(pk=lamps[0].pk).update(title=lamps[0].title)
    with structlog.testing.capture_logs() as lines:
        assert compare_index() == 0
    assert [line["products"] for line in lines if line["event"] == "index_compared"] == [5, 5]


@pytest.mark.usefixtures("away")
def test_the_scheduled_task_logs_that_the_engine_is_away() -> None:
    with structlog.testing.capture_logs() as lines:
        assert compare_index() == 0

    assert [line["event"] for line in lines] == ["index_not_compared"]
