"""Metrics: how many exposures were stored, and how many could not be."""

from collections.abc import Mapping

from prometheus_client import REGISTRY, Counter

STORED = Counter("vitrine_exposures_stored", "Lists shown whose exposure was stored")
NOT_STORED = Counter("vitrine_exposures_not_stored", "Lists shown whose exposure could not be stored")


def check() -> Mapping[str, int]:
    """Return how many exposures this process stored and failed to store (a health check)."""
    return {
        "stored": int(REGISTRY.get_sample_value("vitrine_exposures_stored_total") or 0),
        "not_stored": int(REGISTRY.get_sample_value("vitrine_exposures_not_stored_total") or 0),
    }
