"""How the cosines of one query spread over a catalogue, which says what counts as close.

Cosines of sentence encoders lie in a narrow band, which differs from query to query: .80 is close for one and
far for another. The mean and covariance of all vectors give the mean and deviation of a query's cosines
exactly, without computing any of them: μ·q, and the root of qᵀΣq.
"""

import math
from dataclasses import dataclass

import numpy as np

from indexing.encoder.model import Vectors

SAMPLE = 1_000
"""Vectors from which the spread is estimated; the error of a standardised cosine is about .03."""
LEAST_DEVIATION = 1e-4


@dataclass(frozen=True)
class Spread:
    """The mean and the covariance of a catalogue's vectors."""

    mean: Vectors
    covariance: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> "Spread":
        """Return the spread of these vectors (a row each, at least one)."""
        mean = vectors.mean(axis=0).astype(np.float32)
        centred = vectors - mean
        return cls(mean, ((centred.T @ centred) / len(vectors)).astype(np.float32))

    def standardised(self, query: Vectors, cosines: Vectors) -> Vectors:
        """Return how many deviations each cosine with `query` is above the catalogue's mean."""
        variance = float(query @ self.covariance @ query)
        deviation = max(math.sqrt(max(variance, 0.0)), LEAST_DEVIATION)
        return ((cosines - self.mean @ query) / deviation).astype(np.float32)
