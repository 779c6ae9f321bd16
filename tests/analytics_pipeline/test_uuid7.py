from uuid import UUID, uuid4

import pytest
import uuid_utils.compat
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline import uuid7

# The example of RFC 9562, appendix A.6.
EXAMPLE = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


def test_the_example_of_the_rfc_is_made_from_its_parts() -> None:
    made = uuid7.make(0x017F22E279B0, tail=EXAMPLE.bytes[6:])
    assert made == EXAMPLE
    assert uuid7.milliseconds(EXAMPLE) == 0x017F22E279B0


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_contains_its_time_and_version(moment: int, tail: bytes) -> None:
    made = uuid7.make(moment, tail=tail)
    assert (uuid7.times([made]), made.version) == ([moment], 7)
    assert uuid7.are_all([made])


@pytest.mark.parametrize("other", [uuid4(), UUID(int=0), UUID(int=EXAMPLE.int & ~(0b11 << 62))])
def test_an_id_of_another_version_or_variant_is_detected(other: UUID) -> None:
    assert not uuid7.are_all([uuid_utils.compat.uuid7(), other])
