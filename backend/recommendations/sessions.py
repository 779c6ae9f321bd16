"""What comes next in a session, by the index of nearest sessions that the serving version may have.

A process maps the index when it first serves the version, and remembers the predictions of the last prefixes.
Versions without sessions need neither the index nor NumPy.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from backend.recommendations.artefacts import Artefact
from ml.registry import Version
from ml.serving import Scored

if TYPE_CHECKING:
    from ml.session_index import SessionIndex

CANDIDATES = 150
PREFIXES = 4_096
"""How many prefixes of the serving version a process remembers (about 10 MB)."""


@dataclass(frozen=True, slots=True)
class _Prediction:
    """Ids of products and their scores, best first; arrays take a tenth of the memory of tuples."""

    products: "array[int]"
    scores: "array[float]"


class Predictions:
    """The predictions of a version, of which the last ones are remembered."""

    def __init__(self, index: "SessionIndex") -> None:
        """Predict nothing yet."""
        self._index = index
        self.predicted = lru_cache(PREFIXES)(self._predicted)

    @classmethod
    def of(cls, version: Version) -> "Predictions":
        """Return the predictions of a version with sessions; its index is mapped.

        Raises:
            VersionDamaged: the file is missing or differs from what was written.
        """
        # Imported here, because processes that serve versions without sessions don't need NumPy.
        from ml.session_index import SessionIndex  # noqa: PLC0415

        parameters = version.manifest["sessions"]["parameters"]
        return cls(
            version.made(
                "sessions",
                lambda parts: SessionIndex.of(
                    {name: one.array() for name, one in parts.items()}, parameters=parameters
                ),
            )
        )

    def _predicted(self, viewed: tuple[int, ...]) -> _Prediction:
        import numpy as np  # noqa: PLC0415 - as in `of`

        prefix = self._index.positions_of(np.array(viewed, np.int64))
        items, scores = self._index.best(prefix, k=CANDIDATES)
        return _Prediction(array("q", self._index.items[items].tolist()), array("d", scores.tolist()))


INDEX = Artefact("sessions", Predictions.of)


def predicted(viewed: Sequence[int], *, version: str | None) -> list[Scored]:
    """Return the products that may come after these views, best first; none without an index.

    `viewed` are ids of products, the oldest view first; `version` is the one that serves.
    """
    predictions = INDEX.of(version) if viewed and version is not None else None
    if predictions is None:
        return []
    found = predictions.predicted(tuple(viewed))
    return [Scored(*entry) for entry in zip(found.products, found.scores, strict=True)]
