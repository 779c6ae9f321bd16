"""The test gateway, which records its calls."""

from collections.abc import Iterator

import pytest

from tests.backend.payments.gateway import RecordingGateway, recording


@pytest.fixture
def gateway() -> Iterator[RecordingGateway]:
    with recording() as (found, _):
        yield found
