"""Requests without the trailing slash of a path."""

import pytest

from tests.backend.shop import client_of, staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/products",
        "/api/products/1/variants",
        "/api/products/inventory/transactions",
        "/api/categories/1",
        "/api/events",
        "/api/orders/cart",
        "/accounts/login",
    ],
)
def test_the_response_to_a_write_without_the_slash_has_the_correct_path(method: str, path: str) -> None:
    response = getattr(client_of(staff()), method)(path, {})
    body = response.json()
    assert (response.status_code, body["code"]) == (404, "not_found")
    assert f"{path}/" in body["error"]
    assert body["details"] == {"path": path, "path_with_slash": f"{path}/"}


def test_a_read_without_the_slash_is_redirected_with_its_query() -> None:
    response = client_of().get("/api/products?brand=Acme")
    assert (response.status_code, response.headers["Location"]) == (301, "/api/products/?brand=Acme")


@pytest.mark.parametrize("path", ["/api/nothing", "/api/nothing/", "/api/products/x"])
def test_no_path_is_suggested_if_none_exists(path: str) -> None:
    body = client_of().post(path, {}).json()
    assert (body["status"], body["details"]) == (404, {"path": path})
