"""The interface of all models: score every item for a history.

A `Model` is a recipe: a frozen dataclass whose fields are its parameters. `fit` returns a `Fitted`, which
scores any history, not only those in the training data: for example a shopper's, a session's, or a single
product.
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Scores


class Fitted(Protocol):
    """A trained model; immutable."""

    def score(self, histories: csr_array) -> Scores:
        """Return the scores, users × items, of histories with the same shape and the training items' columns.

        Only the order within a row is meaningful. Items of the history are scored too; ranking leaves them
        out. Scores of an empty history are finite.
        """
        ...


class Model(Protocol):
    """A recipe; `parameters` are stored in manifests and accepted by `ml.models.library.create`."""

    name: ClassVar[str]

    @property
    def parameters(self) -> Mapping[str, object]: ...

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> Fitted:
        """Return the model trained on `train`.

        Raises:
            CatalogueNeeded: the model reads product data and `catalogue` is None.
        """
        ...


class CatalogueNeeded(ValueError):
    """The model needs product data, and no catalogue was given."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is trained on product texts and attributes; it needs a catalogue")
        self.name = name


class ModelTooLarge(ValueError):
    """Fitting the model to this many items needs more memory than it may take."""

    def __init__(self, name: str, *, items: int, needed_mb: int, memory_mb: int) -> None:
        super().__init__(
            f"{name} needs {needed_mb:,} MB for {items:,} items, and memory_mb allows {memory_mb:,} MB"
        )
        self.name, self.items, self.needed_mb, self.memory_mb = name, items, needed_mb, memory_mb
