"""An engine's exception becomes a 503 with a code and without internal host names."""

import pytest

from analytics_pipeline.redis_client import StreamFull, StreamUnavailable
from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable
from backend.api.error_handling import handle
from backend.api.errors import translated
from indexing.errors import IndexMissing, SearchEngineUnavailable

SECRET = "connection to 10.0.0.7:9200 refused"
CASES = [
    (StreamUnavailable(SECRET), "stream_unavailable"),
    (StreamFull(SECRET), "stream_unavailable"),
    (WarehouseUnavailable(SECRET), "warehouse_unavailable"),
    (WarehouseRefused(SECRET, code=60), "warehouse_unavailable"),
    (SearchEngineUnavailable("elasticsearch", SECRET), "search_unavailable"),
    (IndexMissing("tantivy"), "search_unavailable"),
]


@pytest.mark.parametrize(("error", "code"), CASES, ids=lambda value: type(value).__name__)
def test_an_engines_failure_is_a_503_that_says_when_to_retry(error: Exception, code: str) -> None:
    response = handle(error, {})

    assert response is not None
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert vars(type(translated(error)))["code"] == code
    assert "10.0.0.7" not in str(response.data)


def test_an_exception_without_a_translation_stays_a_500() -> None:
    assert handle(LookupError(SECRET), {}) is None
