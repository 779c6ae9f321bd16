"""Models that an engine fits are those that the recipes fit themselves."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml import engines
from ml.evaluate import evaluate, main
from ml.models.als import Als
from ml.models.item_knn import ItemKnn
from ml.settings import TrainingSettings
from tests.ml.planted import PlantedData, planted_data

K = 10
HERE = TrainingSettings.from_env({})


@pytest.fixture(scope="module")
def data() -> PlantedData:
    return planted_data()


def weights(recipe: ItemKnn, data: PlantedData) -> NDArray[np.float32]:
    return np.asarray(recipe.fit(data.train).weights.toarray())


@pytest.fixture(scope="module")
def session() -> Iterator[None]:
    """Spark with two threads, which all tests of this module use."""
    settings = replace(HERE, threads=2)
    with engines.using(engines.SPARK, settings):
        yield


def test_without_an_engine_models_are_fitted_here(data: PlantedData) -> None:
    with engines.using(engines.LOCAL, HERE):
        assert engines.current() is None
    assert "pyspark" not in sys.modules


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("ml.engines.spark.find_spec", lambda name: None)
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1 2 3\n2 3 4\n")

    files = ["--train", str(pairs), "--test", str(pairs)]
    assert main([*files, "--model", "item_knn", "--engine", "spark"]) == 1
    assert "the engine spark needs pyspark: `make spark` installs it" in capsys.readouterr().err


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
class TestSpark:
    def test_neighbours_are_the_same(self, data: PlantedData, session: None) -> None:
        recipe = ItemKnn(neighbours=20)
        found = weights(recipe, data)
        with engines.using(engines.LOCAL, HERE):
            expected = weights(recipe, data)

        both = (found > 0) & (expected > 0)
        np.testing.assert_allclose(found[both], expected[both], rtol=1e-4)
        np.testing.assert_array_equal((found > 0).sum(axis=1), (expected > 0).sum(axis=1))
        # Only of equal weights, another one may be the last.
        for row, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.sort(row), np.sort(other), rtol=1e-4)
        assert both.sum() > 0.99 * (expected > 0).sum()

    def test_als_is_as_good(self, data: PlantedData, session: None) -> None:
        recipe = Als(factors=16)
        found = evaluate(recipe.fit(data.train), train=data.train, test=data.test, k=K)
        with engines.using(engines.LOCAL, HERE):
            expected = evaluate(recipe.fit(data.train), train=data.train, test=data.test, k=K)

        assert found.recall == pytest.approx(expected.recall, rel=0.1)
        assert found.ndcg == pytest.approx(expected.ndcg, rel=0.1)
