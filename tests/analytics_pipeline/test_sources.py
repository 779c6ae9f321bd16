"""Keys of networks: what they tell apart, and for how long."""

from datetime import timedelta

import pytest
import redis

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.sources import SALT_KEPT_FOR, UNKNOWN, SourceKeys, source_key
from tests.analytics_pipeline.samples import NOW

SALT = b"s" * 32


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("192.0.2.1", "::ffff:192.0.2.9", True),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_addresses_of_one_network_have_one_key(one: str, other: str, is_same: bool) -> None:
    assert (source_key(one, salt=SALT) == source_key(other, salt=SALT)) is is_same


def test_another_salt_makes_another_key_and_what_is_no_address_is_unknown() -> None:
    assert source_key("192.0.2.1", salt=SALT) != source_key("192.0.2.1", salt=b"t" * 32)
    assert source_key("", salt=SALT) == UNKNOWN


def test_all_processes_have_the_same_key_on_one_day_and_the_salt_expires(settings: PipelineSettings) -> None:
    first, second = (SourceKeys(settings, timeout_seconds=1) for _ in range(2))
    try:
        today = first.of("192.0.2.1", now=NOW)
        assert second.of("192.0.2.7", now=NOW + timedelta(hours=11)) == today != UNKNOWN
        assert first.of("192.0.2.1", now=NOW + timedelta(days=1)) != today
        with redis.Redis.from_url(str(settings.redis_url)) as client:
            left = client.ttl(f"vitrine:source_salt:{NOW.date()}")
        assert 0 < left <= SALT_KEPT_FOR.total_seconds()
    finally:
        first.close()
        second.close()
