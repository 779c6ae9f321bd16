"""This process opens what it serves when a test asks for it, from a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.recommendations import new_products
from backend.recommendations.serving import CACHE


@pytest.fixture(autouse=True)
def _opened_when_asked(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    # Time stands still, so that the pointer is asked for only after `forget`.
    monkeypatch.setattr(CACHE, "_clock", lambda: 0.0)
    CACHE.forget()
    # There are no new products, without a query for them, until a test forgets that.
    monkeypatch.setattr(new_products.CACHE, "_clock", lambda: 0.0)
    monkeypatch.setattr(new_products.CACHE, "_copy", new_products.NewProducts())
    yield
    CACHE.forget()
