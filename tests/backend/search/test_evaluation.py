"""Evaluations search a catalogue of their own."""

import secrets
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from backend.search.evaluation import bare_product, found_for, indexed_separately
from indexing.settings import SearchSettings


@pytest.mark.elasticsearch
def test_an_evaluation_on_a_cluster_leaves_no_index(elasticsearch_url: str, tmp_path: Path) -> None:
    prefix = f"test-{secrets.token_hex(4)}"
    settings = SearchSettings(
        engine="elasticsearch", home=tmp_path, elasticsearch_url=elasticsearch_url, prefix=prefix
    )
    with indexed_separately([bare_product(1, title="Lamp")], settings=settings) as engine:
        assert found_for("lamp", engine=engine) == [1]
    with Elasticsearch(elasticsearch_url) as client:
        assert not client.indices.get(index=f"{prefix}*").body
