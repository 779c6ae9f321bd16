"""Refused events are kept within a quota for each address and one for all addresses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import redis

from analytics_pipeline import refused_quota
from analytics_pipeline.refused_quota import ADDRESS_BYTES, TOTAL_BYTES, WINDOW, RefusedQuota
from analytics_pipeline.settings import PipelineSettings
from tests.services.quota import reset_quota

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def quota(settings: PipelineSettings, redis_url: str) -> Iterator[RefusedQuota]:
    reset_quota(redis_url)
    quota = RefusedQuota(settings, timeout_seconds=5)
    yield quota
    quota.close()


def test_each_address_has_its_own_quota_in_each_window(
    quota: RefusedQuota,
) -> None:
    admitted = [quota.admits("192.0.2.1", size=ADDRESS_BYTES // 4, now=NOW) for _ in range(60)]
    assert admitted == [True] * 4 + [False] * 56
    assert quota.admits("192.0.2.2", size=100, now=NOW)
    assert quota.admits("192.0.2.1", size=100, now=NOW + WINDOW)


def test_all_addresses_together_share_a_quota(quota: RefusedQuota) -> None:
    admitted = [quota.admits(str(uuid4()), size=ADDRESS_BYTES, now=NOW) for _ in range(30)]
    assert sum(admitted) == TOTAL_BYTES // ADDRESS_BYTES
    assert not admitted[-1]


def test_the_counters_expire_after_their_window(quota: RefusedQuota, redis_url: str) -> None:
    quota.admits("192.0.2.1", size=1, now=NOW)
    with redis.Redis.from_url(redis_url) as client:
        keys = list(client.scan_iter(f"{refused_quota._PREFIX}*"))
        assert len(keys) == 2
        assert all(0 < client.ttl(key) <= timedelta(hours=2).total_seconds() for key in keys)
