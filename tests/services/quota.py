"""The quota of refused events, which all tests on one Redis share."""

import redis

from analytics_pipeline import refused_quota


def reset_quota(redis_url: str) -> None:
    """Delete the counters of all addresses."""
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(f"{refused_quota._PREFIX}*"):
            client.delete(key)
