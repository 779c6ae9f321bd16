"""Where models are fitted: in this process, or by an engine that is chosen with `--engine`.

A recipe whose model an engine can fit asks `current()` for it. An engine returns the same fitted model as the
recipe itself, so what is scored, measured and published doesn't depend on it. Engines are imported only when
they are chosen, and their packages are installed apart (docs/decisions/engines.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ml.dataset import Interactions
    from ml.models.als import Als, FittedAls
    from ml.models.item_item import FittedItemItem
    from ml.models.item_knn import ItemKnn
    from ml.settings import TrainingSettings

LOCAL = "local"
SPARK = "spark"
NAMES = (LOCAL, SPARK)
HELP = "where item_knn and als are fitted: in this process, or by Spark, which is installed apart"


class Engine(Protocol):
    """Fits the models that it can fit; the others are fitted in this process."""

    def item_knn(self, recipe: "ItemKnn", train: "Interactions") -> "FittedItemItem": ...

    def als(self, recipe: "Als", train: "Interactions") -> "FittedAls": ...


class EngineMissing(ValueError):
    """The packages or programs of an engine are not installed."""

    def __init__(self, name: str, *, missing: str) -> None:
        super().__init__(f"the engine {name} needs {missing}")
        self.name, self.missing = name, missing


_current: ContextVar[Engine | None] = ContextVar("engine", default=None)


def current() -> Engine | None:
    """Return the engine that was chosen; None to fit in this process."""
    return _current.get()


@contextmanager
def using(name: str, settings: "TrainingSettings") -> Iterator[None]:
    """Fit models with this engine, and stop it afterwards; `name` is one of NAMES.

    Raises:
        EngineMissing: its packages or programs are not installed.
    """
    if name == LOCAL:
        with _chosen(None):
            yield
        return
    from ml.engines.spark import started  # noqa: PLC0415 - a package that is installed apart

    with started(settings) as engine, _chosen(engine):
        yield


@contextmanager
def _chosen(engine: Engine | None) -> Iterator[None]:
    token = _current.set(engine)
    try:
        yield
    finally:
        _current.reset(token)
