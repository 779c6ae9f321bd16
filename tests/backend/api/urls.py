"""The shop's URLs, and views that fail in various ways."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.errors import DomainError, EngineUnavailable, register_translation
from backend.api.idempotency import once
from backend.api.pagination import PageSpan, page_envelope, page_of_rows
from backend.api.parameters import Body, PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.rows import LastRows
from backend.api.schema.operations import operation
from backend.api.shoppers import shopper_of
from backend.api.versions import Deprecation
from backend.catalog.models import Category
from backend.config.urls import handler400, handler404, handler500
from backend.config.urls import urlpatterns as shop
from tests.backend.shop import NOW

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


class Conflict(DomainError):
    """A domain error."""

    code = "test_lamp_sold"
    status = 409
    message = "The lamp is sold."


def domain() -> None:
    raise Conflict(lamp=7)


def engine() -> None:
    raise EngineUnavailable(engine="search")


def invalid() -> None:
    raise serializers.ValidationError({"price": ["Must not be negative."]})


def invalid_as_a_whole() -> None:
    raise serializers.ValidationError("Both or neither.")


def missing() -> None:
    raise Http404


def forbidden() -> None:
    raise PermissionDenied


def throttled() -> None:
    raise Throttled(wait=7.2)


class LampError(Exception):
    """An exception of a package that doesn't depend on the API."""


class LampMissing(LampError):
    """A subclass with its own translation."""


register_translation(LampError, to=lambda error: Conflict(lamp=str(error)))
register_translation(LampMissing, to=lambda error: EngineUnavailable(engine="lamps"))


def foreign_exception() -> None:
    raise LampError("dark")


def subclass_of_foreign_exception() -> None:
    raise LampMissing


def nested() -> None:
    faults: Any = {
        "shipping_address": {"city": ["Required."], "non_field_errors": ["No such place."]},
        "items": {0: {"quantity": ["Too many."]}},
        "tags": [{}, {"name": ["Empty."]}],
    }
    raise serializers.ValidationError(faults)


def named() -> None:
    raise Conflict(product_id=7, items=[{"variant_id": 8, "title": "Lamp"}])


def fault() -> None:
    raise ZeroDivisionError


FAILURES: dict[str, Callable[[], None]] = {
    failure.__name__: failure
    for failure in (
        domain,
        engine,
        foreign_exception,
        subclass_of_foreign_exception,
        invalid,
        invalid_as_a_whole,
        nested,
        named,
        missing,
        forbidden,
        throttled,
        fault,
    )
}


class Failing(APIView):
    request_names: ClassVar = {"product_id": "product", "variant_id": "variant"}
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request, name: str) -> Response:
        FAILURES[name]()
        return Response()


class ColourParameters(PageParameters):
    colour = serializers.CharField(required=False)


class ParametersView(APIView):
    """Returns the parsed parameters."""

    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return envelope(parse(request, ColourParameters, open_prefix="attr_"))


class Numbers(serializers.Serializer[Any]):
    page = serializers.IntegerField(required=False)
    share = serializers.FloatField(required=False)
    amount = serializers.DecimalField(max_digits=8, decimal_places=2, required=False)
    ids = serializers.ListField(child=serializers.IntegerField(), required=False)


class NumbersView(APIView):
    """Returns the parsed numbers."""

    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return envelope(parse(request, Numbers))


class Address(Body):
    city = serializers.CharField()


class Delivery(Body):
    address = Address()
    units = serializers.IntegerField(required=False)


class BodyView(APIView):
    """Returns the parsed body."""

    permission_classes = (AllowAny,)
    throttle_classes = ()

    def post(self, request: Request) -> Response:
        return envelope(parse_body(request, Delivery))


class Deprecated(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @operation(
        "lamps_list",
        tag="products",
        response=Numbers,
        query=PageParameters,
        deprecated=Deprecation(since=date(2026, 1, 1), sunset=date(2026, 12, 31), link="/news/"),
    )
    def get(self, request: Request) -> Response:
        """List the lamps."""
        parse(request, PageParameters)
        return Response({}, headers={"Link": '</lamps/>; rel="next"'})


class Paged(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        parameters = parse(request, PageParameters)
        span = PageSpan(page=parameters["page"], page_size=parameters["page_size"])
        count, rows = page_of_rows(Category.objects.order_by("pk"), span)
        return Response(
            page_envelope(request, [row.name for row in rows], count=count, span=span, extra="more")
        )


class ShopperView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        shopper = shopper_of(request)
        return envelope({"key": shopper.key, "user_id": shopper.user_id})


class Counted(APIView):
    """Creates a category each time it is executed."""

    throttle_classes = ()

    def get_permissions(self) -> list[Any]:
        return [AllowAny()]

    def post(self, request: Request) -> Response:
        def perform(_: LastRows) -> Response:
            number = Category.objects.count()
            Category.objects.create(name=str(number), slug=str(number), path=str(number))
            if request.data == {"fail": True}:
                raise Conflict
            return envelope({"number": number, "body": request.data}, status=201)

        return once(request, perform, scope="counted", now=NOW)


urlpatterns = [
    *shop,
    path("failing/<str:name>/", Failing.as_view()),
    path("parameters/", ParametersView.as_view()),
    path("numbers/", NumbersView.as_view()),
    path("body/", BodyView.as_view()),
    path("api/deprecated/", Deprecated.as_view()),
    path("paged/", Paged.as_view()),
    path("shopper/", ShopperView.as_view()),
    path("counted/", Counted.as_view()),
]
