"""The endpoints of a product's variants."""

from typing import ClassVar

from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.catalog import selectors, variant_services
from backend.catalog.errors import (
    LastVariant,
    NotYourProduct,
    ProductNotFound,
    SkuTaken,
    VariantNotFound,
)
from backend.catalog.matrix import Matrix, fill_matrix
from backend.catalog.requests import MatrixSerializer, NewVariantSerializer, VariantChangesSerializer
from backend.catalog.serializers import (
    DeletedVariantSerializer,
    FilledMatrixSerializer,
    VariantSerializer,
)
from backend.catalog.variant_services import NewVariant

READING = ("GET", "HEAD", "OPTIONS")


class _VariantsView(APIView):
    """Guests can read, the product's seller and staff can write."""

    throttle_classes = (BrowseThrottle,)
    # The service reports errors for an element of a list; these requests have a single variant.
    request_names: ClassVar = {"variants.0.price_modifier": "price_modifier"}

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and require an account for changes."""
        return [AllowAny()] if self.request.method in READING else [IsAuthenticated()]


class VariantListView(_VariantsView):
    """A product's variants."""

    @operation(
        "product_variants_list",
        tag="products",
        response=envelope_of(VariantSerializer(many=True)),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """List the variants of a product.

        Its seller and staff also see inactive ones.
        """
        variants = selectors.variants_of(product_id, user=request.user)
        return envelope(VariantSerializer(variants, many=True).data)

    @operation(
        "product_variants_create",
        tag="products",
        request=NewVariantSerializer,
        response=envelope_of(VariantSerializer),
        status=201,
        errors=[ProductNotFound, NotYourProduct, SkuTaken],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Add a variant to a product.

        Its stock is recorded in the ledger by a second request (`inventory_transactions_create`).
        """
        selectors.require_changeable(product_id, user=request.user)
        variant = NewVariant(**parse_body(request, NewVariantSerializer))
        (row,) = variant_services.create_variants(product_id, variants=[variant], by=actor_of(request))
        return envelope(VariantSerializer(row).data, message="Variant created.", status=201)


class VariantView(_VariantsView):
    """One variant."""

    @operation(
        "product_variants_get",
        tag="products",
        response=envelope_of(VariantSerializer),
        errors=[ProductNotFound, VariantNotFound],
    )
    def get(self, request: Request, product_id: int, variant_id: int) -> Response:
        """Show a variant of a product."""
        variant = selectors.variant_for(variant_id, product_id=product_id, user=request.user)
        return envelope(VariantSerializer(variant).data)

    @operation(
        "product_variants_update",
        tag="products",
        request=VariantChangesSerializer,
        response=envelope_of(VariantSerializer),
        errors=[ProductNotFound, VariantNotFound, NotYourProduct, SkuTaken],
    )
    def patch(self, request: Request, product_id: int, variant_id: int) -> Response:
        """Change a variant.

        Fields that are not sent keep their values.
        """
        selectors.require_changeable(product_id, user=request.user)
        changes = parse_body(request, VariantChangesSerializer)
        variant = variant_services.update_variant(
            variant_id, product_id=product_id, changes=changes, by=actor_of(request)
        )
        return envelope(VariantSerializer(variant).data, message="Variant changed.")

    @operation(
        "product_variants_delete",
        tag="products",
        response=envelope_of(DeletedVariantSerializer),
        errors=[ProductNotFound, VariantNotFound, NotYourProduct, LastVariant],
    )
    def delete(self, request: Request, product_id: int, variant_id: int) -> Response:
        """Delete a variant, or deactivate it if it was stocked or ordered.

        Orders and the stock ledger refer to such a variant, so it can't be deleted.
        """
        selectors.require_changeable(product_id, user=request.user)
        remains = variant_services.delete_variant(variant_id, product_id=product_id, by=actor_of(request))
        message = "Variant deactivated, because it was stocked or ordered." if remains else "Variant deleted."
        return envelope({"id": variant_id, "deactivated": remains}, message=message)


class VariantMatrixView(_VariantsView):
    """The variants of a product as combinations of attribute values."""

    @operation(
        "product_variants_matrix",
        tag="products",
        request=MatrixSerializer,
        response=envelope_of(FilledMatrixSerializer),
        errors=[ProductNotFound, NotYourProduct, SkuTaken],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Create the missing variants of a matrix.

        There is one variant for each combination of the attributes' values. Combinations that the product
        already has are left unchanged, so a request can be repeated.
        """
        selectors.require_changeable(product_id, user=request.user)
        matrix = Matrix(**parse_body(request, MatrixSerializer))
        filled = fill_matrix(product_id, matrix=matrix, by=actor_of(request))
        return envelope(FilledMatrixSerializer(filled).data, message="Matrix filled.")
