"""Ranked lists of products as arrays, which make up the artefact of a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ml.mapped_lists import PREFIX_BYTES, WHOLE

NO_PRODUCT = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """One list for each of `subjects` (n): shopper keys or product ids.

    `products` (n × length, int64) has NO_PRODUCT (0) in places without one; `scores` (n × length, float32)
    are comparable within a list only; `because` (n × length) is the product of the subject's history that
    contributes most to the recommendation, or NO_PRODUCT if none does.
    """

    subjects: NDArray[Any]
    products: NDArray[np.int64]
    scores: NDArray[np.float32]
    because: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.subjects)

    def only(self, kept: Sequence[bool]) -> Self:
        """Return the lists of the subjects for which `kept` (n) is true."""
        chosen = np.asarray(kept, dtype=bool)
        columns = (self.subjects, self.products, self.scores, self.because)
        return type(self)(*(column[chosen] for column in columns))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that `ml.mapped_lists` describes."""
        if self._has_gaps():
            return self._without_gaps().to_arrays()
        subjects = _keys(self.subjects)
        order = np.argsort(subjects, kind="stable")
        items = np.setdiff1d(np.union1d(self.products, self.because), [NO_PRODUCT])
        found = {
            "subjects": subjects[order],
            "items": items.astype(np.int64),
            "positions": _positions(self.products[order], items),
            "best": _best(self.scores[order]),
            "scores": _shares(self.scores[order]),
        }
        if subjects.dtype.kind == "S":
            found["prefixes"] = subjects[order].astype(f"S{PREFIX_BYTES}").view(">u8")
        if (self.because != NO_PRODUCT).any():
            found["because"] = _positions(self.because[order], items)
        return found

    def _has_gaps(self) -> bool:
        """Return whether a place without a product is followed by a product."""
        is_empty = self.products == NO_PRODUCT
        return bool((is_empty[:, :-1] & ~is_empty[:, 1:]).any())

    def _without_gaps(self) -> Self:
        order = np.argsort(self.products == NO_PRODUCT, axis=1, kind="stable")
        rows = np.arange(len(self))[:, np.newaxis]
        return type(self)(
            self.subjects, self.products[rows, order], self.scores[rows, order], self.because[rows, order]
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the lists of these arrays, by subject; their scores are precise to 1/65,535 of the best."""
        subjects = arrays["subjects"]
        if subjects.dtype.kind == "S":
            subjects = np.char.decode(subjects, "utf-8")
        ids = np.append(arrays["items"], NO_PRODUCT)
        products = ids[arrays["positions"]]
        because = ids[arrays["because"]] if "because" in arrays else np.full_like(products, NO_PRODUCT)
        scores = (arrays["scores"] / WHOLE * arrays["best"][:, np.newaxis]).astype(np.float32)
        return cls(subjects, products, scores, because)


def _keys(subjects: NDArray[Any]) -> NDArray[Any]:
    if np.issubdtype(subjects.dtype, np.integer):
        return subjects.astype(np.int64)
    return subjects if subjects.dtype.kind == "S" else np.char.encode(subjects.astype(np.str_), "utf-8")


def _positions(products: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[Any]:
    small = np.uint16 if len(items) <= np.iinfo(np.uint16).max else np.uint32
    return np.where(products == NO_PRODUCT, len(items), np.searchsorted(items, products)).astype(small)


def _best(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(scores.max(axis=1, initial=0), dtype=np.float32)


def _shares(scores: NDArray[np.float32]) -> NDArray[np.uint16]:
    best = _best(scores)[:, np.newaxis]
    shares = np.divide(scores, best, out=np.zeros(scores.shape, np.float64), where=best > 0)
    return np.asarray(np.rint(shares.clip(0, 1) * WHOLE), dtype=np.uint16)
