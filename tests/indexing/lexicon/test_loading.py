"""Lexicons are loaded in the background, and a failure to load one is never a failure of a search."""

import threading
from dataclasses import dataclass, field

import pytest

from indexing.errors import SearchEngineUnavailable
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.lexicon.loading import CHECK_SECONDS, Lexicons
from tests.services.waiting import wait_until


def lexicon_of(word: str) -> Lexicon:
    return Lexicon(build(LexiconSource(products=1, words=[(word, 1)], stem=str)))


@dataclass
class Store:
    """A store of one lexicon, whose reading waits until it is `open`, and can be made to fail."""

    stored: Lexicon | None = None
    error: Exception | None = None
    open: threading.Event = field(default_factory=threading.Event)
    loads: int = 0

    def revision(self, generation: str) -> object | None:
        self.open.wait(10)
        if self.error:
            raise self.error
        return None if self.stored is None else id(self.stored)

    def load(self, generation: str) -> Lexicon:
        self.loads += 1
        assert self.stored is not None
        return self.stored


@pytest.fixture
def store() -> Store:
    return Store(lexicon_of("lamp"))


def test_the_first_search_does_not_wait_for_the_lexicon(store: Store) -> None:
    lexicons = Lexicons(store)

    assert lexicons.current("products-1") is EMPTY
    assert lexicons.current("products-1") is EMPTY

    store.open.set()
    wait_until(lambda: lexicons.current("products-1") is store.stored)
    assert store.loads == 1


def test_a_newer_lexicon_is_looked_for_only_after_a_while(store: Store) -> None:
    now = [0.0]
    store.open.set()
    lexicons = Lexicons(store, clock=lambda: now[0])
    lexicons.check("products-1")
    old, store.stored = store.stored, lexicon_of("hook")
    store.open.clear()

    now[0] += CHECK_SECONDS
    assert lexicons.current("products-1") is old
    store.open.set()
    wait_until(lambda: lexicons.current("products-1") is store.stored)


@pytest.mark.parametrize(
    "error", [SearchEngineUnavailable("tantivy", "away"), LexiconDamaged("half"), OSError("full")]
)
def test_a_failure_keeps_the_lexicon_in_use(store: Store, error: Exception) -> None:
    store.open.set()
    lexicons = Lexicons(store)
    lexicons.check("products-1")

    store.error = error
    lexicons.check("products-1")

    assert lexicons.current("products-1") is store.stored


def test_the_lexicon_of_a_dropped_generation_is_released(store: Store) -> None:
    store.open.set()
    lexicons = Lexicons(store)
    lexicons.check("products-1")
    store.stored = None

    lexicons.forget("products-1")

    assert lexicons.current("products-1") is EMPTY
