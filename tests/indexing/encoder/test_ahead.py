"""A query is encoded while its words are searched, and not later than without that."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.encoder.ahead import THREADS, QueryEncoding, query_encoding
from indexing.encoder.model import OnnxEncoder
from indexing.ranking import DEFAULT_RANKING
from indexing.request import SearchRequest, Sort
from indexing.schema import CURRENT

SECONDS = 60.0


@pytest.fixture(scope="module")
def tiny(tiny_encoder_files: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_encoder_files)


class PausedEncoder:
    """An encoder that encodes "paused" only after it was released, and records what it has begun."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.identity = encoder.identity
        self.begun: list[str] = []
        self.pauses = threading.Semaphore(0)
        self.released = threading.Event()

    def query(self, text: str) -> NDArray[np.float32]:
        self.begun.append(text)
        if text == "paused":
            self.pauses.release()
            assert self.released.wait(SECONDS)
        return self._encoder.query(text)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.passages(texts)


def test_the_vector_is_that_of_the_text_as_it_was_understood(tiny: OnnxEncoder) -> None:
    assert np.array_equal(QueryEncoding(tiny, "couch").of("couch"), tiny.query("couch"))
    assert np.array_equal(QueryEncoding(tiny, "kettel").of("kettle"), tiny.query("kettle"))
    assert np.array_equal(QueryEncoding(tiny, "").of("kettle"), tiny.query("kettle"))


def test_a_search_does_not_wait_for_other_queries(tiny: OnnxEncoder) -> None:
    encoder = PausedEncoder(tiny)
    try:
        others = [QueryEncoding(encoder, "paused") for _ in range(THREADS)]
        for _ in others:
            assert encoder.pauses.acquire(timeout=SECONDS)
        waiting = QueryEncoding(encoder, "kettle")
        assert np.array_equal(waiting.of("kettle"), tiny.query("kettle"))
    finally:
        encoder.released.set()
    assert np.array_equal(others[0].of("paused"), tiny.query("paused"))


def test_nothing_is_encoded_if_words_alone_rank(tiny: OnnxEncoder) -> None:
    encoder, schema = PausedEncoder(tiny), replace(CURRENT, encoder=tiny.identity)
    words_only = replace(DEFAULT_RANKING, meaning_weight=0.0)
    assert query_encoding(SearchRequest(), schema=schema, encoder=encoder) is None
    assert (
        query_encoding(SearchRequest(text="lamp", sort=Sort.NEWEST), schema=schema, encoder=encoder) is None
    )
    assert (
        query_encoding(SearchRequest(text="lamp", ranking=words_only), schema=schema, encoder=encoder) is None
    )
    assert query_encoding(SearchRequest(text="lamp"), schema=CURRENT, encoder=encoder) is None
    assert query_encoding(SearchRequest(text="lamp"), schema=schema, encoder=None) is None
    coded = query_encoding(SearchRequest(text="B0SOFA12345"), schema=schema, encoder=encoder)
    assert coded is not None
    assert encoder.begun == []
