"""One question, several answers: what suits someone with this history?

A `Model` is a recipe: a frozen dataclass whose fields are its parameters. `fit` gives a `Fitted`, which
scores any history, not only those it was trained on: a person's, what they did a minute ago, or a single
product (the products that go with it).
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Scores


class Fitted(Protocol):
    """A model that has seen its training data; immutable."""

    def score(self, histories: csr_array) -> Scores:
        """Scores, people × items, for histories of the same shape and in the training items' columns.

        Only the order within a row means something. Items of the history are scored like any other;
        whoever ranks leaves them out. An empty history gets finite scores.
        """
        ...


class Model(Protocol):
    """A recipe. `parameters` is what a manifest records and `ml.models.library.create` takes."""

    name: ClassVar[str]

    @property
    def parameters(self) -> Mapping[str, object]: ...

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> Fitted:
        """Learns from `train`; raises CatalogueNeeded if the model reads products and got none."""
        ...


class CatalogueNeeded(ValueError):
    """The model learns from titles and attributes, and none were given."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} learns from the products' texts and attributes; it needs a catalogue")
        self.name = name
