"""Parsing of requests: parameters, bodies, pages and shoppers."""

from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from backend.api.errors import PageNotFound
from backend.api.pagination import PageSpan
from backend.catalog.models import Category
from tests.backend.api.test_numbers import NOT_NUMBERS
from tests.backend.shop import client_of, customer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.urls")]


def test_parameters_have_defaults_and_types() -> None:
    assert APIClient().get("/parameters/?page=2&colour=red").json()["data"] == {
        "page": 2,
        "page_size": 20,
        "colour": "red",
    }


def test_an_unknown_parameter_is_refused_with_the_allowed_ones() -> None:
    response = APIClient().get("/parameters/?color=red&shape=round")
    assert response.status_code == 400
    assert response.json()["details"] == {
        "color": ["Unknown parameter. Allowed: colour, page, page_size."],
        "shape": ["Unknown parameter. Allowed: colour, page, page_size."],
    }


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    assert APIClient().get("/parameters/?colour=red&colour=blue").json()["details"] == {
        "colour": ["Given more than once."]
    }


def test_parameters_with_an_open_prefix_are_left_to_the_view() -> None:
    assert APIClient().get("/parameters/?attr_size=M&attr_size=L").status_code == 200


@pytest.mark.parametrize(
    "wrong", ["page=0", "page=-1", "page=two", "page_size=0", "page_size=101", "colour="]
)
def test_a_value_that_is_not_valid_is_refused_by_name(wrong: str) -> None:
    response = APIClient().get(f"/parameters/?{wrong}")
    assert response.status_code == 400
    assert list(response.json()["details"]) == [wrong.split("=", maxsplit=1)[0]]


@pytest.mark.parametrize("text", NOT_NUMBERS)
@pytest.mark.parametrize("name", ["page", "share", "amount", "ids"])
def test_text_that_only_python_parses_as_a_number_is_not_a_number(name: str, text: str) -> None:
    response = APIClient().get("/numbers/", {name: [text, "1"] if name == "ids" else text})
    assert (response.status_code, response.json()["details"]) == (
        400,
        {name: ["Must be a number in the digits 0 to 9, such as 12.50."]},
    )


def test_number_parameters_are_parsed() -> None:
    response = APIClient().get("/numbers/?page=2&share=-0.5&amount=12.50&ids=1&ids=02")
    assert response.json()["data"] == {"page": 2, "share": -0.5, "amount": 12.5, "ids": [1, 2]}


def test_a_body_is_parsed_and_validated() -> None:
    body = {"address": {"city": "Bern"}, "units": 2}
    assert APIClient().post("/body/", body).json()["data"] == body


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"adress": {}}, {"adress": ["Unknown field. Allowed: address, units."]}),
        (
            {"address": {"city": "Bern", "zip": "3011"}},
            {"address.zip": ["Unknown field. Allowed: city."]},
        ),
        ({}, {"address": ["This field is required."]}),
    ],
)
def test_an_unknown_field_is_refused_at_any_depth(body: object, details: object) -> None:
    assert APIClient().post("/body/", body).json()["details"] == details


def test_a_body_that_is_not_an_object_is_refused() -> None:
    assert list(APIClient().post("/body/", [1, 2]).json()["details"]) == ["non_field_errors"]


@pytest.fixture
def seven() -> None:
    Category.objects.bulk_create(Category(name=str(n), slug=str(n), path=str(n)) for n in range(7))


@pytest.mark.usefixtures("seven")
def test_a_page_reports_its_position() -> None:
    page = APIClient().get("/paged/?page=2&page_size=3").json()
    assert page == {
        "count": 7,
        "next": "http://testserver/paged/?page=3&page_size=3",
        "previous": "http://testserver/paged/?page_size=3",
        "results": ["3", "4", "5"],
        "page_size": 3,
        "current_page": 2,
        "total_pages": 3,
        "extra": "more",
    }


@pytest.mark.usefixtures("seven")
def test_the_last_page_has_the_remaining_rows() -> None:
    page = APIClient().get("/paged/?page=3&page_size=3").json()
    assert (page["results"], page["next"]) == (["6"], None)


@pytest.mark.usefixtures("seven")
def test_a_page_after_the_last_is_not_found() -> None:
    response = APIClient().get("/paged/?page=4&page_size=3")
    assert response.status_code == 404
    assert response.json()["details"] == {"page": 4, "total_pages": 3}


def test_an_empty_list_has_one_empty_page() -> None:
    page = APIClient().get("/paged/").json()
    assert (page["count"], page["results"], page["total_pages"], page["next"], page["previous"]) == (
        0,
        [],
        1,
        None,
        None,
    )
    assert APIClient().get("/paged/?page=2").status_code == 404


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3)])
def test_pages_are_counted_to_the_last_row(count: int, pages: int) -> None:
    span = PageSpan(page=pages, page_size=20)
    assert span.total_pages(count) == pages
    span.require_within(count)
    with pytest.raises(PageNotFound):
        PageSpan(page=pages + 1, page_size=20).require_within(count)


def test_a_shopper_is_identified_by_the_account_before_the_anonymous_id() -> None:
    user, anonymous = customer(), str(uuid4())
    headers = {"X-Anonymous-Id": anonymous}
    assert client_of(user).get("/shopper/", headers=headers).json()["data"] == {
        "key": str(user.shopper_key),
        "user_id": user.pk,
    }
    assert APIClient().get("/shopper/", headers=headers).json()["data"] == {
        "key": anonymous,
        "user_id": None,
    }
    assert APIClient().get("/shopper/").json()["data"] == {"key": None, "user_id": None}


def test_the_nil_uuid_is_not_an_anonymous_id() -> None:
    response = APIClient().get("/shopper/", headers={"X-Anonymous-Id": str(UUID(int=0))})
    assert response.status_code == 400
    assert "nil UUID" in response.json()["details"]["X-Anonymous-Id"][0]


@pytest.mark.parametrize("anonymous_id", ["me", ""])
@pytest.mark.parametrize("has_account", [False, True])
def test_an_anonymous_id_that_is_not_a_uuid_is_refused_by_name(anonymous_id: str, has_account: bool) -> None:
    client = client_of(customer()) if has_account else APIClient()
    response = client.get("/shopper/", headers={"X-Anonymous-Id": anonymous_id})
    assert (response.status_code, response.json()["details"]) == (
        400,
        {"X-Anonymous-Id": ["Must be a UUID."]},
    )


def test_a_client_cannot_set_the_request_id_of_the_log() -> None:
    response = APIClient().get("/nowhere/", headers={"X-Request-Id": "forged"})
    assert response.headers["X-Request-Id"] == response.json()["request_id"] != "forged"


def test_each_request_gets_its_own_id() -> None:
    ids = {APIClient().get("/api/health/live/").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
