"""This process opens what it serves when a test asks for it, from a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.recommendations.serving import CACHE


@pytest.fixture(autouse=True)
def _opened_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    # Time stands still, so that the pointer is asked for only after `forget`.
    monkeypatch.setattr(CACHE, "_clock", lambda: 0.0)
    CACHE.forget()
    yield
    CACHE.forget()
