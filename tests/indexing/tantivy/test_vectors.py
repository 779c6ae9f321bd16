"""The file of vectors is derived from tantivy's documents: searches don't depend on when it was written."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexing.encoder.model import OnnxEncoder
from indexing.engine import DeleteDocument, DocumentWrite, PutDocument
from indexing.tantivy.engine import TantivyEngine
from indexing.tantivy.vector_file import NEWER_AT_LEAST, vector_files
from tests.indexing.builders import NOW, product
from tests.indexing.shop import Shop

TITLES = ("Couch", "Couch lamp", "Kettle", "Red mug", "Table", "Trainers", "Crimson cup lamp")


@pytest.fixture(scope="module")
def tiny(tiny_encoder_files: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_encoder_files)


@pytest.fixture
def engine(tmp_path: Path, tiny: OnnxEncoder) -> Iterator[TantivyEngine]:
    engine = TantivyEngine(tmp_path, encoder=tiny)
    yield engine
    engine.close()


def filled(engine: TantivyEngine, *, count: int) -> Shop:
    shop = Shop.opened(engine)
    products = [product(number, f"{TITLES[number % 7]} {number}") for number in range(1, count + 1)]
    engine.write(shop.generation, [PutDocument(each, 1) for each in products], now=NOW)
    return shop


def write(shop: Shop, *writes: DocumentWrite) -> None:
    shop.engine.write(shop.generation, writes, now=NOW)


def cosines(engine: TantivyEngine, shop: Shop, query: str, tiny: OnnxEncoder) -> dict[int, float]:
    with engine._snapshot(shop.generation) as snapshot:
        assert snapshot.vectors is not None
        return snapshot.vectors.cosines(range(1, 2_000), tiny.query(query))


def test_a_file_is_written_when_enough_is_newer(
    engine: TantivyEngine, tmp_path: Path, tiny: OnnxEncoder
) -> None:
    shop = filled(engine, count=NEWER_AT_LEAST - 1)
    folder = tmp_path / shop.generation
    assert vector_files(folder) == []
    before = cosines(engine, shop, "sofa", tiny)
    write(shop, PutDocument(product(NEWER_AT_LEAST, "Couch"), 1))
    assert len(vector_files(folder)) == 1
    after = cosines(engine, shop, "sofa", tiny)
    assert len(after) == len(before) + 1
    assert all(abs(after[key] - before[key]) < 0.01 for key in before)


def test_changes_after_the_file_are_found_as_well(
    engine: TantivyEngine, tmp_path: Path, tiny: OnnxEncoder
) -> None:
    shop = filled(engine, count=NEWER_AT_LEAST)
    write(
        shop,
        PutDocument(product(7, "Kettle 7"), 2),
        PutDocument(product(3, "Couch"), 2),
        DeleteDocument(14, 2),
    )
    assert len(vector_files(tmp_path / shop.generation)) == 1
    found = set(shop.ids("sofa", page_size=100))
    assert 3 in found
    assert not {7, 14} & found
    reopened = TantivyEngine(tmp_path, encoder=tiny)
    assert Shop(reopened, shop.generation).ids("sofa", page_size=100) == shop.ids("sofa", page_size=100)
    reopened.close()


@pytest.mark.parametrize("damage", ["damaged", "missing"])
def test_a_lost_file_changes_no_result(
    engine: TantivyEngine, tmp_path: Path, tiny: OnnxEncoder, damage: str
) -> None:
    shop = filled(engine, count=NEWER_AT_LEAST)
    expected = cosines(engine, shop, "sofa", tiny)
    engine.release(shop.generation)
    (file,) = vector_files(tmp_path / shop.generation)
    (file.parent / f".{file.name}.half").write_bytes(b"half")
    if damage == "damaged":
        file.write_bytes(b"not an index")
    else:
        file.unlink()
    reopened = TantivyEngine(tmp_path, encoder=tiny)
    again = Shop(reopened, shop.generation)
    found = cosines(reopened, again, "sofa", tiny)
    assert found.keys() == expected.keys()
    assert np.allclose([found[key] for key in expected], [*expected.values()], atol=0.01)
    write(again, PutDocument(product(5_000, "Couch"), 1))
    (newest,) = vector_files(file.parent)
    assert newest.stat().st_size > len(b"not an index")
    assert [*file.parent.glob("*vectors*")] == [newest]
    assert len(cosines(reopened, again, "sofa", tiny)) == len(expected)
    reopened.close()
