"""The renderer of JSON responses."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from backend.api.renderers import FastJSONRenderer, Negotiation, written


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"text": "Büro \u2028 ❤", "none": None, "number": 1.5, "flag": True, "list": [1, "2"]},
        {1: "a key that is not a string", "id": UUID(int=7), "price": Decimal("1.50")},
        {"at": datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)},
        {"beyond 64 bits": 2**70},
    ],
)
def test_the_output_is_equivalent_to_that_of_the_framework(data: object) -> None:
    ours, theirs = FastJSONRenderer().render(data), JSONRenderer().render(data)

    assert ours == theirs == b"" or json.loads(ours) == json.loads(theirs)


def test_indented_json_can_be_requested() -> None:
    rendered = FastJSONRenderer().render({"a": 1}, "application/json; indent=2")

    assert rendered == b'{\n  "a": 1\n}'


@pytest.mark.parametrize("media_type", [None, "application/json; indent=2"])
@pytest.mark.parametrize("other", ["lantern", 2**70])
def test_parts_of_responses_are_written_as_the_rest_is(media_type: str | None, other: object) -> None:
    part = {"id": UUID(int=7), "text": "B\xfcro", "value": other}
    data = {"results": [written(part), written(part)], "other": other}

    rendered = FastJSONRenderer().render(data, media_type)

    assert json.loads(rendered) == {
        "results": [{"id": str(UUID(int=7)), "text": "B\xfcro", "value": other}] * 2,
        "other": other,
    }


@pytest.mark.parametrize("accept", [None, "*/*", "text/html", "text/*;q=0.5, */*;q=0.1", "image/png", ""])
@pytest.mark.parametrize("path", ["/", "/?format=json", "/?format=xml"])
@pytest.mark.parametrize("renderers", [[JSONRenderer()], [BrowsableAPIRenderer(), JSONRenderer()]])
def test_the_negotiated_renderer_is_that_of_the_framework(
    accept: str | None, path: str, renderers: list[BaseRenderer]
) -> None:
    headers: dict[str, Any] = {} if accept is None else {"HTTP_ACCEPT": accept}
    request = Request(APIRequestFactory().get(path, **headers))

    assert _negotiated(Negotiation(), request, renderers) == _negotiated(
        DefaultContentNegotiation(), request, renderers
    )


def _negotiated(
    negotiation: BaseContentNegotiation, request: Request, renderers: list[BaseRenderer]
) -> object:
    try:
        return negotiation.select_renderer(request, renderers)
    except (NotAcceptable, Http404) as error:
        return type(error)
