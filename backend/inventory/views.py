"""Inventory endpoints."""

from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import SellerOrInArea
from backend.api.errors import InvalidInput
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.catalog.models import Variant
from backend.catalog.variants import resolve_variant
from backend.inventory import selectors, services
from backend.inventory.alerts import set_threshold
from backend.inventory.errors import InsufficientStock
from backend.inventory.serializers import (
    AlertListParameters,
    InventoryTransactionSerializer,
    NewStockThresholdSerializer,
    NewTransactionSerializer,
    ShortageListParameters,
    ShortageSerializer,
    StockAlertSerializer,
    StockParameters,
    StockSerializer,
    StockThresholdSerializer,
    TransactionListParameters,
)


class InventoryTransactionListView(APIView):
    """The stock ledger: sellers see their own products, staff all."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)
    request_names: ClassVar = {"product_id": "product", "variant_id": "variant"}

    @operation(
        "inventory_transactions_list",
        tag="inventory",
        query=TransactionListParameters,
        response=page_of(InventoryTransactionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List inventory transactions, newest first.

        Sellers see those of their own products, staff see all.
        """
        parameters = parse(request, TransactionListParameters)
        rows = selectors.transactions_visible_to(
            account_of(request),
            product_id=parameters.get("product"),
            variant_id=parameters.get("variant"),
            transaction_type=parameters.get("transaction_type"),
        )
        shown = rows_of(InventoryTransactionSerializer)
        return page_response(request, rows, parameters=parameters, shown=shown)

    @operation(
        "inventory_transactions_create",
        tag="inventory",
        request=NewTransactionSerializer,
        headers=[IDEMPOTENCY_KEY],
        response=envelope_of(InventoryTransactionSerializer),
        status=201,
        errors=[ProductNotFound, VariantNotFound, VariantRequired, InsufficientStock],
    )
    def post(self, request: Request) -> Response:
        """Record an inventory transaction.

        This changes the variant's stock. DAMAGE may take units that orders have reserved; they are listed
        under `shortages` until units arrive or become available.
        """
        body = parse_body(request, NewTransactionSerializer)
        return once(request, lambda _: _record(request, body), scope="inventory", now=timezone.now())


def _record(request: Request, body: dict[str, Any]) -> Response:
    variant = resolve_variant(
        selectors.variants_managed_by(account_of(request)),
        product_id=body.pop("product", None),
        variant_id=body.pop("variant", None),
    )
    entry = services.Entry(variant_id=variant.pk, **body)
    row = services.record(entry, by=actor_of(request), now=timezone.now())
    row.variant = variant
    return envelope(InventoryTransactionSerializer(row).data, message="Recorded.", status=201)


class StockAlertListView(APIView):
    """Stock alerts: sellers see their own products, staff all."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation(
        "stock_alerts_list",
        tag="inventory",
        query=AlertListParameters,
        response=page_of(StockAlertSerializer),
    )
    def get(self, request: Request) -> Response:
        """List stock alerts, newest first.

        An alert is a change between sufficient, low and out of stock. Sellers see those of their own
        products, staff see all.
        """
        parameters = parse(request, AlertListParameters)
        rows = selectors.alerts_visible_to(
            account_of(request),
            product_id=parameters.get("product"),
            variant_id=parameters.get("variant"),
            level=parameters.get("level"),
        )
        return page_response(request, rows, parameters=parameters, shown=rows_of(StockAlertSerializer))


class ShortageListView(APIView):
    """Order items that lack units: sellers see their own products, staff all."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation(
        "shortages_list",
        tag="inventory",
        query=ShortageListParameters,
        response=page_of(ShortageSerializer),
    )
    def get(self, request: Request) -> Response:
        """List order items that lack units.

        Units that they had reserved were damaged, so they can't be shipped in full. The first in the list
        gets the next units that arrive or become available. Sellers see those of their own products, staff
        see all.
        """
        parameters = parse(request, ShortageListParameters)
        rows = selectors.short_reservations_visible_to(
            account_of(request), product_id=parameters.get("product"), variant_id=parameters.get("variant")
        )
        return page_response(request, rows, parameters=parameters, shown=rows_of(ShortageSerializer))


class StockThresholdView(APIView):
    """The threshold of a variant's stock alerts."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation(
        "stock_threshold_get",
        tag="inventory",
        response=envelope_of(StockThresholdSerializer),
        errors=[VariantNotFound],
    )
    def get(self, request: Request, variant_id: int) -> Response:
        """Show the threshold of a variant's stock alerts."""
        return _threshold(request, variant_id)

    @operation(
        "stock_threshold_update",
        tag="inventory",
        request=NewStockThresholdSerializer,
        response=envelope_of(StockThresholdSerializer),
        errors=[VariantNotFound],
    )
    def put(self, request: Request, variant_id: int) -> Response:
        """Set the threshold of a variant's stock alerts."""
        body = parse_body(request, NewStockThresholdSerializer)
        variant = selectors.variant_managed_by(account_of(request), variant_id)
        set_threshold(variant, units=body["threshold"], by=actor_of(request))
        return _threshold(request, variant_id, message="Threshold set.")


def _threshold(request: Request, variant_id: int, *, message: str = "") -> Response:
    variant = selectors.variant_managed_by(account_of(request), variant_id)
    return envelope(StockThresholdSerializer(variant).data, message=message)


class StockListView(APIView):
    """Stock at a time: sellers see their own products, staff all."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation("stock_list", tag="inventory", query=StockParameters, response=page_of(StockSerializer))
    def get(self, request: Request) -> Response:
        """List the stock of variants at a time, from the ledger.

        Sellers see their own products, staff see all.
        """
        parameters = parse(request, StockParameters)
        rows = selectors.variants_managed_by(account_of(request)).order_by("pk")
        if "product" in parameters:
            rows = rows.filter(product_id=parameters["product"])
        now = timezone.now()
        at = parameters.get("at", now)
        if at > now:
            raise InvalidInput(at=["Must not be in the future."])
        return page_response(request, rows, parameters=parameters, shown=lambda page: _stock(page, at=at))


def _stock(variants: list[Variant], *, at: datetime) -> list[dict[str, object]]:
    units = selectors.stock_at(variants, at=at)
    return [
        {"variant": one.pk, "product": one.product_id, "sku": one.sku, "stock": units[one.pk]}
        for one in variants
    ]
