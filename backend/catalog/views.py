"""Catalogue endpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import SellerOrInArea
from backend.api.consent import TRACKING_CONSENT
from backend.api.pagination import PageSpan, counted_slice, page_envelope
from backend.api.parameters import parse
from backend.api.responses import envelope, moved_to
from backend.api.schema import envelope_of, operation, page_of
from backend.api.shoppers import ANONYMOUS_ID, Shopper, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.catalog import selectors, services
from backend.catalog.cards import Card, cards
from backend.catalog.errors import NotYourProduct, ProductNotFound, SkuTaken
from backend.catalog.pages import product_page
from backend.catalog.requests import NewProductSerializer, ProductChangesSerializer, ProductListParameters
from backend.catalog.serializers import DeletedSerializer, ProductCardSerializer, ProductSerializer
from backend.catalog.variant_services import NewVariant
from backend.exposures.services import expose

READING = ("GET", "HEAD", "OPTIONS")
EXPOSURE_ID = serializers.UUIDField(
    allow_null=True, help_text="Send it with clicks, and when adding a product to the cart."
)


SLUG = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "The slug of a product.",
    "schema": {"type": "string", "example": "copper-kettle"},
}


class ProductListView(APIView):
    """The list of products, which guests can read and sellers extend."""

    throttle_classes = (BrowseThrottle,)

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and sellers and staff to create."""
        return [AllowAny()] if self.request.method in READING else [SellerOrInArea(StaffArea.CATALOGUE)()]

    @operation(
        "products_list",
        tag="products",
        query=ProductListParameters,
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=page_of(ProductCardSerializer, exposure_id=EXPOSURE_ID),
        refuses_some_guests=True,
    )
    def get(self, request: Request) -> Response:
        """List products.

        Shoppers see active products. `mine=true` lists a seller's own products, and `is_active=false`
        inactive products; such lists have no exposure id.
        """
        parameters = parse(request, ProductListParameters)
        if "ids" in parameters and "page_size" not in request.query_params:
            parameters["page_size"] = len(parameters["ids"])
        span = PageSpan(page=parameters.pop("page"), page_size=parameters.pop("page_size"))
        names = {field.name for field in fields(selectors.ProductFilters)}
        filters = selectors.ProductFilters(**{name: parameters[name] for name in names & parameters.keys()})
        rows = selectors.products_listed(filters, sort_by=parameters.get("sort_by"), user=request.user)
        count, page = counted_slice(rows, span)
        shown = cards(page)
        shopper = shopper_of(request)
        private = filters.mine or filters.is_active is False
        exposure_id = None if private else _expose(shown, to=shopper, parameters=parameters, span=span)
        return Response(page_envelope(request, shown, count=count, span=span, exposure_id=exposure_id))

    @operation(
        "products_create",
        tag="products",
        request=NewProductSerializer,
        response=envelope_of(ProductSerializer),
        status=201,
        errors=[SkuTaken],
    )
    def post(self, request: Request) -> Response:
        """Create a product with its variants.

        The caller is its seller; staff may choose another seller. Only staff may set the flags. Stock is
        recorded in the ledger by a second request (`inventory_transactions_create`).
        """
        serializer = NewProductSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        fields_of_product = dict(serializer.validated_data)
        variants = [NewVariant(**variant) for variant in fields_of_product.pop("variants")]
        product = services.create_product(
            **fields_of_product, variants=variants, by=actor_of(request), now=timezone.now()
        )
        page = product_page(product.pk, user=request.user)
        return envelope(page, message="Product created.", status=201)


def _expose(
    shown: Sequence[Card], *, to: Shopper, parameters: Mapping[str, Any], span: PageSpan
) -> UUID | None:
    return expose(
        surface="product_list",
        shopper=to,
        product_ids=[card["id"] for card in shown],
        filters={
            name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            for name, value in parameters.items()
            if value is not None and name != "mine"
        },
        page=span.page,
        first_position=span.start + 1,
        now=timezone.now(),
    )


class ProductBySlugView(APIView):
    """One product by its slug, for storefronts whose URLs have no ids."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "products_by_slug_get",
        tag="products",
        parameters=[SLUG],
        response={200: envelope_of(ProductSerializer), 301: None},
        errors=[ProductNotFound],
    )
    def get(self, request: Request, slug: str) -> Response | HttpResponse:
        """Show the product with a slug.

        A slug that the product had before it was renamed is redirected (301) to the present one.
        """
        product_id, present = selectors.product_of_slug(slug)
        if present != slug:
            return moved_to(reverse("product-by-slug", kwargs={"slug": present}))
        return envelope(product_page(product_id, user=request.user))


class ProductView(APIView):
    """One product: guests can read it, its seller and staff can change it."""

    throttle_classes = (BrowseThrottle,)

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and require an account for changes."""
        return [AllowAny()] if self.request.method in READING else [IsAuthenticated()]

    @operation(
        "products_get", tag="products", response=envelope_of(ProductSerializer), errors=[ProductNotFound]
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Show a product with its variants."""
        return envelope(product_page(product_id, user=request.user))

    @operation(
        "products_update",
        tag="products",
        request=ProductChangesSerializer,
        response=envelope_of(ProductSerializer),
        errors=[ProductNotFound, NotYourProduct],
    )
    def patch(self, request: Request, product_id: int) -> Response:
        """Change a product.

        Fields that are not sent keep their values. Only staff may set the flags.
        """
        selectors.require_changeable(product_id, user=request.user)
        serializer = ProductChangesSerializer(data=request.data, partial=True, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        services.update_product(product_id, changes=serializer.validated_data, by=actor_of(request))
        return envelope(product_page(product_id, user=request.user), message="Product changed.")

    @operation(
        "products_delete",
        tag="products",
        response=envelope_of(DeletedSerializer),
        errors=[ProductNotFound, NotYourProduct],
    )
    def delete(self, request: Request, product_id: int) -> Response:
        """Delete a product.

        Orders keep their copy of its data.
        """
        selectors.require_changeable(product_id, user=request.user)
        services.delete_product(product_id, by=actor_of(request), now=timezone.now())
        return envelope({"id": product_id}, message="Product deleted.")
