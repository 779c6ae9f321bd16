"""A weighted sum of several models' scores on a common scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Scores
from ml.models import Fitted, Model
from ml.models.item_knn import ItemKnn
from ml.models.local_ridge import LocalRidge
from ml.models.recipe import InvalidParameter, NotNegative, checked


class SharesMismatch(ValueError):
    """The number of shares differs from the number of members."""

    def __init__(self, *, members: int, shares: int) -> None:
        super().__init__(f"a blend has one share for each member, not {shares} for {members}")
        self.members, self.shares = members, shares


@dataclass(frozen=True)
class Blend:
    """The weighted sum of the members' scores, each row divided by its root mean square over all items.

    Raises:
        SharesMismatch: `shares` and `members` differ in length.
        InvalidParameter: a share is negative or not finite, or all are 0.
    """

    name: ClassVar[str] = "blend"

    members: Sequence[Model] = field(default_factory=lambda: (ItemKnn(), LocalRidge()))
    shares: tuple[float, ...] = (1.0, 1.0)

    def __post_init__(self) -> None:
        if len(self.members) != len(self.shares):
            raise SharesMismatch(members=len(self.members), shares=len(self.shares))
        for share in self.shares:
            checked("shares", share, type_=NotNegative, model=self.name)
        if not any(self.shares):
            raise InvalidParameter(self.name, parameter="shares", reason="at least one must be above 0")

    @property
    def parameters(self) -> Mapping[str, object]:
        return {
            "members": [{"name": member.name, **member.parameters} for member in self.members],
            "shares": list(self.shares),
        }

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedBlend":
        fitted = [member.fit(train, catalogue=catalogue) for member in self.members]
        return FittedBlend(fitted, self.shares)


@dataclass(frozen=True, slots=True)
class FittedBlend:
    members: Sequence[Fitted]
    shares: Sequence[float]

    def score(self, histories: csr_array) -> Scores:
        total = np.zeros(histories.shape, dtype=np.float32)
        for member, share in zip(self.members, self.shares, strict=True):
            total += np.float32(share) * scaled_to_unit_rms(member.score(histories))
        return total


def scaled_to_unit_rms(scores: Scores) -> Scores:
    """Return each row divided by its root mean square; a row of zeros is unchanged."""
    return np.asarray(scores / root_mean_square(scores)[:, None])


def root_mean_square(scores: Scores) -> NDArray[np.float32]:
    """Return that of each row, 1 for a row of zeros."""
    size = np.sqrt(np.einsum("ij,ij->i", scores, scores) / max(scores.shape[1], 1))
    size[size == 0] = 1
    return np.asarray(size, dtype=np.float32)
