"""Damaged files, locks and expired records of deletes."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from indexing.engine import DeleteDocument, PutDocument
from indexing.errors import (
    GenerationBusy,
    GenerationNotFound,
    IndexCorrupt,
    IndexMissing,
    SearchEngineUnavailable,
    SearchError,
    UnsupportedSchema,
)
from indexing.generations import rebuild
from indexing.request import SearchRequest
from indexing.tantivy.engine import TantivyEngine
from tests.indexing.builders import NOW, product
from tests.indexing.rows import Rows
from tests.indexing.shop import Shop


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(b"?" * path.stat().st_size)


DAMAGES: list[Callable[[Path], None]] = [truncate, garble, Path.unlink]
FILES = ["index/meta.json", "index/*.term", "index/*.idx", "index/*.fast", "index/*.store"]


@pytest.mark.parametrize("pattern", [*FILES, "generation.json", "../serving.json"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_fails_searches_until_a_rebuild(
    folder: TantivyEngine, tmp_path: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    shop = Shop.opened(folder, product(1, "Lantern"))
    folder.close()
    (damaged,) = (tmp_path / shop.generation).glob(pattern)

    damage(damaged)

    with pytest.raises(SearchError) as error:
        TantivyEngine(tmp_path).search(SearchRequest(text="lantern"))
    assert isinstance(error.value, IndexCorrupt | IndexMissing | GenerationNotFound)
    assert "rebuild_index" in error.value.remedy
    repaired = TantivyEngine(tmp_path)
    built = rebuild(repaired, Rows({1: "New lantern"}, repaired), clock=lambda: NOW + timedelta(days=1))
    assert Shop(repaired, built.name).titles("lantern") == ["New lantern"]
    assert [each.name for each in repaired.generations()] == [built.name]
    repaired.close()


@pytest.mark.parametrize("content", ["5", "[]", '{"serving": 5, "standby": null}', "null"])
def test_an_invalid_pointer_file_is_reported_as_corrupt(
    folder: TantivyEngine, tmp_path: Path, content: str
) -> None:
    Shop.opened(folder, product(1))
    (tmp_path / "serving.json").write_text(content)

    with pytest.raises(IndexCorrupt):
        folder.search(SearchRequest())


def test_a_home_that_is_not_a_folder_is_unavailable(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    engine = TantivyEngine(home)

    for attempt in (
        lambda: engine.search(SearchRequest()),
        engine.generations,
        lambda: engine.create(now=NOW),
    ):
        with pytest.raises(SearchEngineUnavailable):
            attempt()


def test_creating_a_generation_deletes_the_files_of_an_interrupted_drop(
    folder: TantivyEngine, tmp_path: Path
) -> None:
    dropped = folder.create(now=NOW)
    (tmp_path / dropped.name / "generation.json").unlink()

    kept = folder.create(now=NOW)

    assert [path.name for path in tmp_path.glob("products-*")] == [kept.name]


def test_an_emptied_folder_has_no_index(folder: TantivyEngine, tmp_path: Path) -> None:
    Shop.opened(folder, product(1))
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()

    with pytest.raises(IndexMissing):
        TantivyEngine(tmp_path).search(SearchRequest())


def test_an_index_of_another_version_must_be_rebuilt(folder: TantivyEngine, tmp_path: Path) -> None:
    shop = Shop.opened(folder)
    description = tmp_path / shop.generation / "generation.json"
    description.write_text(json.dumps({"version": 0, "created_at": NOW.isoformat()}))

    with pytest.raises(UnsupportedSchema, match="version 0") as error:
        TantivyEngine(tmp_path).search(SearchRequest())
    assert "rebuild_index" in error.value.remedy


def test_only_one_process_can_write_to_a_generation(folder: TantivyEngine, tmp_path: Path) -> None:
    shop = Shop.opened(folder, product(1))
    other = TantivyEngine(tmp_path)

    with pytest.raises(GenerationBusy):
        other.write(shop.generation, [PutDocument(product(1), 2)], now=NOW)
    folder.release(shop.generation)

    assert other.write(shop.generation, [PutDocument(product(1), 2)], now=NOW).applied == 1
    other.close()


def test_records_of_deletes_expire_after_an_hour(folder: TantivyEngine) -> None:
    shop = Shop.opened(folder)
    folder.write(shop.generation, [DeleteDocument(1, 5)], now=NOW)

    folder.write(shop.generation, [DeleteDocument(2, 5)], now=NOW + timedelta(minutes=61))
    folder.write(shop.generation, [PutDocument(product(1), 4), PutDocument(product(2), 4)], now=NOW)

    assert set(folder.stored(shop.generation, [1, 2])) == {1}


def test_a_failed_batch_is_not_written_in_part(folder: TantivyEngine) -> None:
    shop = Shop.opened(folder)
    unindexable = product(2, seller_id=-1)

    with pytest.raises(ValueError, match="seller"):
        folder.write(shop.generation, [PutDocument(product(1), 1), PutDocument(unindexable, 1)], now=NOW)

    assert folder.count(shop.generation) == 0
    assert folder.write(shop.generation, [PutDocument(product(1), 1)], now=NOW).applied == 1
    assert folder.count(shop.generation) == 1
