"""Fixtures of tests that change rules."""

from collections.abc import Iterator

import pytest

from backend.search.rules.live import CACHE


@pytest.fixture(autouse=True)
def _own_rules() -> Iterator[None]:
    """Read the rules of this test's database."""
    CACHE.forget()
    yield
    CACHE.forget()
