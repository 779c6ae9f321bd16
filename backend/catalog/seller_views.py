"""The public page of a seller."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.catalog.errors import SellerNotFound
from backend.catalog.sellers import public_seller
from backend.catalog.serializers import SellerSerializer


class SellerView(APIView):
    """The public profile of a seller."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation("sellers_get", tag="products", response=envelope_of(SellerSerializer), errors=[SellerNotFound])
    def get(self, request: Request, seller_id: int) -> Response:
        """Show a seller.

        `GET /api/products/?seller=` lists the seller's products.
        """
        return envelope(SellerSerializer(public_seller(seller_id)).data)
