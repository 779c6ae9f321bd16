"""On a full volume, writes are refused with a code, and reads still work."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def full() -> Iterator[None]:
    """Prevent SQLite's file from growing, as on a full volume; PostgreSQL's error has a unit test."""
    if connection.vendor != "sqlite":
        pytest.skip("the volume of a PostgreSQL server can't be filled in tests")
    with connection.cursor() as cursor:
        # Remove the free pages that earlier tests left in the file.
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


def test_writes_are_refused_with_a_code_and_reads_succeed(full: None) -> None:
    client = APIClient()
    responses = []
    for number in range(40):
        caches["default"].clear()
        account = {"phone": f"+1212555{number:04}", "password": "securepassword123"}
        responses.append(client.post("/accounts/register/", account))

    refused = [response for response in responses if response.status_code != 201]
    assert refused, "no request was refused: the file still has free pages"
    assert {(response.status_code, response.json()["code"]) for response in refused} == {
        (503, "storage_full")
    }
    assert all(response.headers["Retry-After"] for response in refused)
    assert client.get("/api/products/").status_code == 200
