"""Endpoints for images of products."""

from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.utils import timezone
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.errors import InvalidInput
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.catalog import selectors
from backend.catalog.errors import (
    ImageNotFound,
    ImageRefused,
    ImagesBusy,
    ImageStorageUnavailable,
    ImageTooLarge,
    NotYourProduct,
    ProductNotFound,
    TooManyImages,
    VariantNotFound,
)
from backend.catalog.images import services
from backend.catalog.images.columns import picture_of
from backend.catalog.images.pictures import shown_image
from backend.catalog.images.serializers import (
    ImageChangesSerializer,
    ImageOrderSerializer,
    ImageUploadSerializer,
    ProductImageSerializer,
)
from backend.catalog.pages import product_images
from backend.catalog.serializers import DeletedSerializer


class ImageFormParser(MultiPartParser):
    """Reads a form with one file."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Return the form.

        Raises:
            InvalidInput: it has too many files.
            ParseError: it is malformed.
        """
        try:
            return super().parse(*args, **kwargs)
        except TooManyFilesSent as error:
            raise InvalidInput(image=["Upload one image per request."]) from error


class ImageListView(APIView):
    """A product's images; guests can read them, the seller and staff can add images."""

    throttle_classes = (BrowseThrottle,)
    parser_classes = (ImageFormParser,)

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and require an account for uploads."""
        return [AllowAny()] if self.request.method in ("GET", "HEAD", "OPTIONS") else [IsAuthenticated()]

    @operation(
        "product_images_list",
        tag="products",
        response=envelope_of(ProductImageSerializer(many=True)),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """List the images of a product.

        Uploaded images come first, then those on other sites.
        """
        return envelope(product_images(product_id, user=request.user))

    @operation(
        "product_images_create",
        tag="products",
        request={"multipart/form-data": ImageUploadSerializer},
        response={200: envelope_of(ProductImageSerializer), 201: envelope_of(ProductImageSerializer)},
        errors=[
            ProductNotFound,
            VariantNotFound,
            NotYourProduct,
            ImageRefused,
            ImageTooLarge,
            TooManyImages,
            ImagesBusy,
            ImageStorageUnavailable,
        ],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Upload an image of a product.

        It becomes the last image. The file is encoded again as WebP, with at most 2,048 pixels on the longer
        side, upright and without metadata; its name and content type are ignored. If the product already has
        an image of the same file, the response is that image with the status 200.
        """
        selectors.require_changeable(product_id, user=request.user)
        form = ImageUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        image, is_new = services.add_image(
            product_id,
            data=form.validated_data["image"].read(),
            alt=form.validated_data["alt"],
            variant_id=form.validated_data.get("variant"),
            by=actor_of(request),
            now=timezone.now(),
        )
        shown = shown_image(picture_of(image))
        if is_new:
            return envelope(shown, message="Image added.", status=201)
        return envelope(shown, message="The product has this image already.")


class ImageOrderView(APIView):
    """The order of a product's images."""

    permission_classes = (IsAuthenticated,)

    @operation(
        "product_image_order_update",
        tag="products",
        request=ImageOrderSerializer,
        response=envelope_of(ProductImageSerializer(many=True)),
        errors=[ProductNotFound, NotYourProduct],
    )
    def put(self, request: Request, product_id: int) -> Response:
        """Order the images of a product.

        The body must list all uploaded images; product lists show the first.
        """
        selectors.require_changeable(product_id, user=request.user)
        order = parse_body(request, ImageOrderSerializer)
        images = services.order_images(product_id, image_ids=order["image_ids"], by=actor_of(request))
        return envelope([shown_image(picture_of(image)) for image in images], message="Images ordered.")


class ImageView(APIView):
    """An uploaded image."""

    permission_classes = (IsAuthenticated,)

    @operation(
        "product_images_update",
        tag="products",
        request=ImageChangesSerializer,
        response=envelope_of(ProductImageSerializer),
        errors=[ProductNotFound, NotYourProduct, ImageNotFound, VariantNotFound],
    )
    def patch(self, request: Request, product_id: int, image_id: int) -> Response:
        """Change the text, the variant or the position of an image."""
        selectors.require_changeable(product_id, user=request.user)
        changes = parse_body(request, ImageChangesSerializer)
        image = services.update_image(image_id, product_id=product_id, changes=changes, by=actor_of(request))
        return envelope(shown_image(picture_of(image)), message="Image changed.")

    @operation(
        "product_images_delete",
        tag="products",
        response=envelope_of(DeletedSerializer),
        errors=[ProductNotFound, NotYourProduct, ImageNotFound],
    )
    def delete(self, request: Request, product_id: int, image_id: int) -> Response:
        """Delete an image.

        Its files are deleted some minutes later.
        """
        selectors.require_changeable(product_id, user=request.user)
        services.delete_image(image_id, product_id=product_id, by=actor_of(request), now=timezone.now())
        return envelope({"id": image_id}, message="Image deleted.")
