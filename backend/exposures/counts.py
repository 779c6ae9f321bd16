"""How many exposures were kept, and how many were lost to an unreachable store."""

from prometheus_client import Counter

STORED = Counter("vitrine_exposures_stored", "Lists shown whose exposure was stored")
NOT_STORED = Counter("vitrine_exposures_not_stored", "Lists shown whose exposure could not be stored")
