"""The health check of search."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from backend.engines.index import engine
from backend.search import health
from backend.search.rebuilding import build
from indexing.encoder.settings import load
from indexing.engine import SearchEngine
from indexing.errors import IndexMissing
from indexing.schema import EARLIEST_VERSION, VERSION
from indexing.settings import SearchSettings
from tests.backend.shop import SYSTEM, product
from tests.indexing.encoder.tiny import write_tiny_encoder
from tests.indexing.schemas import create_tantivy

pytestmark = pytest.mark.django_db(transaction=True)


def test_health_names_the_serving_generation_and_its_lag(shop_engine: SearchEngine) -> None:
    product()
    built = build(shop_engine, clock=timezone.now, by=SYSTEM)
    product()

    facts = health.check()

    assert (facts["engine"], facts["generation"]) == (shop_engine.name, built.name)
    assert facts["products"] == 1
    assert facts["lag_messages"] > 0  # type: ignore[operator]


def test_without_an_index_search_is_unhealthy(folder_engine: SearchEngine) -> None:
    with pytest.raises(IndexMissing):
        health.check()


def test_health_names_the_previous_schema_version_and_the_remedy(folder_engine: SearchEngine) -> None:
    home = SearchSettings.from_env().home
    create_tantivy(home, version=EARLIEST_VERSION, now=timezone.now())

    facts = health.check()

    assert facts["schema_version"] == EARLIEST_VERSION
    assert facts["remedy"] == "python manage.py rebuild_index"
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    assert health.check()["schema_version"] == VERSION
    assert "remedy" not in health.check()


def test_health_says_whether_searches_rank_by_meaning(
    folder_engine: SearchEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    assert "encoder" not in health.check()

    with configured(str(encoder), monkeypatch) as engine_with_encoder:
        facts = health.check()
        assert (facts["encoder"], facts["encoder_remedy"]) == (None, "python manage.py rebuild_index")
        build(engine_with_encoder, clock=timezone.now, by=SYSTEM)
        facts = health.check()
        assert facts["encoder"]
        assert "encoder_notice" not in facts

    with configured("", monkeypatch):
        assert health.check()["encoder_remedy"] == "set VITRINE_ENCODER"
    with configured(str(tmp_path / "missing"), monkeypatch):
        assert "no such folder" in str(health.check()["encoder_notice"])
    (encoder / "config_sentence_transformers.json").unlink()
    with configured(f"{encoder}/", monkeypatch):
        assert "another encoder" in str(health.check()["encoder_notice"])


@contextmanager
def configured(folder: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SearchEngine]:
    """Open the shop's engine again, with this encoder."""
    monkeypatch.setenv("VITRINE_ENCODER", folder)
    load.cache_clear()
    engine.cache_clear()
    yield engine()
    engine().close()
    engine.cache_clear()
