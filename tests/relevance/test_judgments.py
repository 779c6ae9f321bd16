"""Metrics of the default search, measured on public relevance judgments."""

import os
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

FLOOR = 0.745
"""NDCG@10 of BM25 over the description and three times the title."""


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    "engine", ["tantivy", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)]
)
def test_the_default_search_is_better_than_plain_bm25(
    engine: str, data_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "elasticsearch":
        monkeypatch.setenv("ELASTICSEARCH_URL", os.environ["TEST_ELASTICSEARCH_URL"])
    folder, out = Path(data_dir) / "crowdflower", StringIO()

    call_command(
        "evaluate_search",
        *("--products", str(folder / "products.csv.xz")),
        *("--judgments", str(folder / "judgments.csv.xz")),
        *("--engine", engine),
        stdout=out,
        stderr=StringIO(),
    )

    found = re.search(r"NDCG@10 +([\d.]+)", out.getvalue())
    assert found is not None
    assert float(found[1]) > FLOOR
