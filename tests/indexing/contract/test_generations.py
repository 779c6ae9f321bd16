"""Building, swapping, rolling back and dropping generations."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from indexing import generations
from indexing.engine import PutDocument, Role, SearchEngine, WriteResult
from indexing.errors import GenerationNotFound, IndexMissing, NoStandby, SearchEngineUnavailable
from indexing.generations import kept_current, rebuild, roll_back
from indexing.request import SearchRequest
from tests.indexing.builders import NOW, product
from tests.indexing.rows import Rows
from tests.indexing.shop import Shop
from tests.services.waiting import wait_until


@pytest.fixture
def empty(open_engine: Callable[[], SearchEngine]) -> Iterator[SearchEngine]:
    engine = open_engine()
    for generation in engine.generations():
        if generation.role is not Role.SERVING:
            engine.drop(generation.name)
    yield engine
    engine.close()


def titles(engine: SearchEngine) -> set[str]:
    return {hit.product.title for hit in engine.search(SearchRequest()).hits}


def build(engine: SearchEngine, source: Rows) -> str:
    """Build a generation and check that the first search finds all its products."""
    name = rebuild(engine, source, clock=lambda: datetime.now(UTC)).name
    assert titles(engine) == set(source.products.values())
    return name


def test_a_search_before_the_first_build_names_the_command(open_engine: Callable[[], SearchEngine]) -> None:
    engine = open_engine()
    if any(each.role is Role.SERVING for each in engine.generations()):
        pytest.fail("this test must be the first of its module")

    with pytest.raises(IndexMissing) as error:
        engine.search(SearchRequest())
    with pytest.raises(IndexMissing):
        engine.ping()
    assert "rebuild_index" in error.value.remedy
    engine.close()


def test_changes_during_the_scan_are_in_the_new_generation(empty: SearchEngine) -> None:
    source = Rows({1: "One", 2: "Two"}, empty)
    source.while_scanning = lambda: source.change(1, "Changed")

    build(empty, source)

    assert titles(empty) == {"Changed", "Two"}


def test_the_old_generation_serves_until_the_swap(empty: SearchEngine) -> None:
    build(empty, Rows({1: "Old"}, empty))
    found_during_scan: list[set[str]] = []
    source = Rows({1: "New"}, empty)
    source.while_scanning = lambda: found_during_scan.append(titles(empty))

    build(empty, source)

    assert found_during_scan == [{"Old"}]
    assert titles(empty) == {"New"}


def test_a_rollback_can_be_rolled_back(empty: SearchEngine) -> None:
    first = build(empty, Rows({1: "First"}, empty))
    second = build(empty, Rows({1: "Second"}, empty))

    assert roll_back(empty).name == first
    assert titles(empty) == {"First"}
    assert roll_back(empty).name == second
    assert titles(empty) == {"Second"}


def test_only_the_last_standby_is_kept(empty: SearchEngine) -> None:
    source = Rows({1: "One"}, empty)
    names = [build(empty, source) for _ in range(3)]

    found = empty.generations()

    assert [each.name for each in kept_current(found)] == names[1:]
    assert [each.role for each in found] == [Role.STANDBY, Role.SERVING]
    assert set(source.unread) == set(names[1:])


def test_a_failed_build_leaves_only_the_old_generation(empty: SearchEngine) -> None:
    build(empty, Rows({1: "Old"}, empty))
    before = empty.generations()
    source = Rows({1: "New"}, empty)

    def fail() -> None:
        raise RuntimeError("the database is gone")

    source.while_scanning = fail
    with pytest.raises(RuntimeError, match="is gone"):
        rebuild(empty, source, clock=lambda: NOW)

    assert empty.generations() == before
    assert source.unread == {}
    assert titles(empty) == {"Old"}


def test_a_build_drops_the_generation_of_a_killed_build(empty: SearchEngine) -> None:
    abandoned = empty.create(now=NOW)
    source = Rows({1: "One"}, empty)
    other = empty.create(now=NOW)
    source.reserved.add(other.name)

    build(empty, source)

    names = {each.name for each in empty.generations()}
    assert abandoned.name not in names
    assert other.name in names


def test_the_build_of_a_killed_process_is_resumed(empty: SearchEngine) -> None:
    source = Rows({1: "One", 2: "Two", 3: "Three"}, empty)
    killed = begun(empty, source, up_to=2)
    source.change(1, "Changed since")

    assert rebuild(empty, source, clock=lambda: datetime.now(UTC)).name == killed

    assert titles(empty) == {"Changed since", "Written before 2", "Three"}


def test_a_build_that_another_process_continues_is_not_resumed(empty: SearchEngine) -> None:
    source = Rows({1: "One"}, empty)
    running = begun(empty, source, up_to=0)
    source.reserved.add(running)

    assert build(empty, source) != running
    assert running in {each.name for each in empty.generations()}


def begun(engine: SearchEngine, source: Rows, *, up_to: int) -> str:
    """Return a generation whose builder was killed after it had written the products up to an id."""
    generation = engine.create(now=NOW).name
    source.subscribe(generation)
    written = [PutDocument(product(each, f"Written before {each}"), 1) for each in range(1, up_to + 1)]
    engine.write(generation, written, now=NOW)
    source.record_written(generation, up_to=up_to)
    source.reserved.discard(generation)
    return generation


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SearchEngineUnavailable("it", "is away")])
def test_an_interrupted_build_is_resumed_with_the_changes_since(
    empty: SearchEngine, interruption: type[BaseException] | BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "PATIENCE_SECONDS", 0.0)
    build(empty, Rows({1: "Old"}, empty))
    source = Rows({1: "One", 2: "Two"}, empty)

    def interrupt() -> None:
        raise interruption

    source.while_scanning = interrupt
    with pytest.raises(BaseException, match=r"away|^$"):
        rebuild(empty, source, clock=lambda: datetime.now(UTC))
    (kept,) = (each for each in empty.generations() if each.role is Role.BUILDING)
    assert titles(empty) == {"Old"}

    source.while_scanning = lambda: None
    source.change(2, "Changed since")
    assert build(empty, source) == kept.name


def test_a_build_waits_for_an_engine_that_is_away(
    empty: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every second attempt to write fails, as if the engine was restarted over and over."""
    monkeypatch.setattr(generations, "FIRST_WAIT_SECONDS", 0.001)
    write, attempts = empty.write, count(1)

    def write_or_fail(*arguments: Any, **options: Any) -> WriteResult:
        if next(attempts) % 2:
            raise SearchEngineUnavailable(empty.name, "it is restarted")
        return write(*arguments, **options)

    monkeypatch.setattr(empty, "write", write_or_fail)
    source = Rows({1: "One", 2: "Two", 3: "Three"}, empty)
    source.while_scanning = lambda: source.change(3, "Changed")

    build(empty, source)

    assert next(attempts) > 2 * len(source.products)


def test_a_generation_that_is_being_built_is_updated_only_by_its_builder(empty: SearchEngine) -> None:
    built = empty.create(now=NOW)

    assert built.name not in {each.name for each in kept_current(empty.generations())}


def test_the_serving_generation_cannot_be_dropped(empty: SearchEngine) -> None:
    shop = Shop.opened(empty)

    with pytest.raises(ValueError, match="serves"):
        empty.drop(shop.generation)


ON_A_GENERATION: dict[str, Callable[[SearchEngine, str], object]] = {
    "write": lambda engine, name: engine.write(name, [PutDocument(product(1), 2)], now=NOW),
    "stored": lambda engine, name: engine.stored(name, [1]),
    "count": lambda engine, name: engine.count(name),
    "swap": lambda engine, name: engine.swap(name),
    "drop": lambda engine, name: engine.drop(name),
}


@pytest.mark.parametrize("used", [True, False], ids=["used before", "never used"])
@pytest.mark.parametrize("method", ON_A_GENERATION)
def test_using_a_generation_that_another_process_dropped_raises_not_found(
    empty: SearchEngine, open_engine: Callable[[], SearchEngine], method: str, used: bool
) -> None:
    generation = empty.create(now=NOW).name
    other = open_engine()
    if used:
        assert other.count(generation) == 0
    empty.drop(generation)

    with pytest.raises(GenerationNotFound, match=generation):
        ON_A_GENERATION[method](other, generation)
    other.close()


def test_a_build_continues_when_another_process_drops_the_standby(
    empty: SearchEngine, open_engine: Callable[[], SearchEngine]
) -> None:
    standby = build(empty, Rows({1: "Older"}, empty))
    build(empty, Rows({1: "Old"}, empty))
    other = open_engine()
    source = Rows({1: "New"}, empty)
    source.while_scanning = lambda: other.drop(standby)

    build(empty, source)

    assert standby not in {each.name for each in empty.generations()}
    other.close()


def test_a_build_continues_when_another_process_drops_the_serving_generation(
    empty: SearchEngine, open_engine: Callable[[], SearchEngine]
) -> None:
    served = build(empty, Rows({1: "Old"}, empty))
    other = open_engine()
    source = Rows({1: "New"}, empty)

    def replace_twice() -> None:
        for title in ("Other", "Another"):
            rebuild(other, Rows({1: title}, other, reserved=source.reserved), clock=lambda: NOW)

    source.while_scanning = replace_twice
    build(empty, source)

    assert served not in {each.name for each in empty.generations()}
    other.close()


def test_a_page_names_the_generation_that_was_searched(empty: SearchEngine) -> None:
    for title in ("First", "Second"):
        name = build(empty, Rows({1: title}, empty))

        assert empty.search(SearchRequest(text=title)).generation == name
        assert empty.search(SearchRequest()).generation == name


def test_a_rollback_without_a_standby_fails(empty: SearchEngine) -> None:
    for generation in empty.generations():
        if generation.role is Role.STANDBY:
            empty.drop(generation.name)

    with pytest.raises(NoStandby):
        roll_back(empty)


def test_other_processes_use_the_new_generation_after_a_swap(
    empty: SearchEngine, open_engine: Callable[[], SearchEngine]
) -> None:
    build(empty, Rows({1: "Old"}, empty))
    other = open_engine()
    assert titles(other) == {"Old"}

    build(empty, Rows({1: "New"}, empty))

    wait_until(lambda: titles(other) == {"New"})
    other.close()
