"""Metrics of exposures: how many were stored, and how many could not be."""

from collections.abc import Mapping

from prometheus_client import REGISTRY, Counter

STORED = Counter("vitrine_exposures_stored", "Lists shown whose exposure was stored")
NOT_STORED = Counter("vitrine_exposures_not_stored", "Lists shown whose exposure could not be stored")


def check() -> Mapping[str, int]:
    """Return for the health check how many exposures of this process were stored and how many not."""
    return {
        "stored": int(REGISTRY.get_sample_value("vitrine_exposures_stored_total") or 0),
        "not_stored": int(REGISTRY.get_sample_value("vitrine_exposures_not_stored_total") or 0),
    }
