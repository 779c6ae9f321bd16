"""The personal data of orders and their payments. The orders stay, without the customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from backend.accounts.shopper_keys import shopper_keys_of
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.orders.fulfilment_models import Return, ReturnItem, Shipment, ShipmentItem
from backend.orders.models import Movement, Order, OrderAdjustment, OrderItem, OrderStatusHistory
from backend.orders.refund_models import GrantedRefund, GrantedRefundLine
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from backend.payments.models import Payment, PaymentEvent, PaymentRequest

_OF_ORDER = owned_by("order__user")
_NO_CLAIM = {"exposure_id": None, "cart_added_at": None, "shopper_key": None}


def _paid_by(user_id: int, *, lookup: str = "order_number__in") -> Q:
    return Q((lookup, Order.objects.filter(user=user_id).values("order_number")))


def _country_of(address: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stays of an address."""
    return {name: address[name] for name in ("country",) if address.get(name)}


class OrderData(PersonalTables):
    """The tables of orders; what is derived from them is written again after they were emptied."""

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Empty the personal columns, and publish the changed orders and movements."""
        # Orders of a guest, or of another user of the same browser, may have the user's keys.
        claimed = Q(shopper_key__in=shopper_keys_of(user_id).all)
        movements = Movement.objects.filter(Q(customer=user_id) | claimed)
        without_order = list(movements.filter(order=None).values_list("pk", flat=True))
        concerned = Q(user=user_id) | Q(pk__in=movements.values("order"))
        orders = list(Order.objects.filter(concerned).values_list("pk", flat=True))
        counts = super().erase(user_id, now=now)
        for model in (Movement, OrderItem):
            model._default_manager.filter(claimed).update(**_NO_CLAIM)
        publish_many(Topic.ORDER, orders)
        publish_many(Topic.MOVEMENT, without_order)
        return counts


PERSONAL_DATA = OrderData(
    "orders",
    [
        PersonalRows(
            section="order_movements",
            model=Movement,
            owner=owned_by("customer", "order__user"),
            exported=[
                "kind",
                "order__order_number",
                "product",
                "variant",
                "category_path",
                "quantity",
                "amount",
                "currency",
                "occurred_at",
                "shopper_key",
                "exposure_id",
                "cart_added_at",
            ],
            withheld=["id", "order", "order_item", "seller", "customer", "reference"],
            emptied={"customer": None, **_NO_CLAIM},
            kept=["kind", "seller", "category_path", "currency", "reference"],
        ),
        PersonalRows(
            section="order_items",
            model=OrderItem,
            owner=_OF_ORDER,
            exported=[
                "order__order_number",
                "product",
                "variant",
                "product_snapshot",
                "quantity",
                "cancelled",
                "shipped",
                "delivered",
                "returned",
                "list_price",
                "unit_price",
                "discount_amount",
                "total_price",
                "tax_class",
                "tax_rate",
                "tax_amount",
                "net_amount",
                "exposure_id",
                "cart_added_at",
                "shopper_key",
            ],
            withheld=["id", "order", "reservation", "seller"],
            emptied=_NO_CLAIM,
            kept=["seller", "tax_class", "product_snapshot"],
        ),
        PersonalRows(
            section="order_adjustments",
            model=OrderAdjustment,
            owner=_OF_ORDER,
            exported=[
                "order__order_number",
                "kind",
                "code",
                "description",
                "amount",
                "tax_rate",
                "tax_amount",
            ],
            withheld=["id", "order", "item"],
            emptied={},
            kept=["kind", "code", "description"],
        ),
        PersonalRows(
            section="order_history",
            model=OrderStatusHistory,
            owner=_OF_ORDER,
            exported=["order__order_number", "status", "note", "changed_at"],
            withheld=["id", "order", "changed_by"],
            emptied={"note": ""},
            # The user's own changes lose their author when the account is deleted.
            kept=["status", "changed_by"],
        ),
        PersonalRows(
            section="shipped_items",
            model=ShipmentItem,
            owner=owned_by("shipment__order__user"),
            exported=["shipment__number", "item__variant", "quantity"],
            withheld=["id", "shipment", "item"],
            emptied={},
        ),
        PersonalRows(
            section="shipments",
            model=Shipment,
            owner=_OF_ORDER,
            exported=[
                "order__order_number",
                "number",
                "carrier",
                "tracking_number",
                "shipped_at",
                "delivered_at",
            ],
            withheld=["id", "order", "seller"],
            emptied={"tracking_number": ""},
            kept=["seller", "number", "carrier"],
        ),
        PersonalRows(
            section="returned_items",
            model=ReturnItem,
            owner=owned_by("return_request__order__user"),
            exported=[
                "return_request__number",
                "item__variant",
                "quantity",
                "reason",
                "resellable",
                "damaged",
                "missing",
            ],
            withheld=["id", "return_request", "item"],
            emptied={},
            kept=["reason"],
        ),
        PersonalRows(
            section="returns",
            model=Return,
            owner=_OF_ORDER,
            exported=[
                "order__order_number",
                "number",
                "status",
                "note",
                "decision_note",
                "refund_shipping",
                "requested_at",
                "decided_at",
                "received_at",
                "refunded_at",
            ],
            withheld=["id", "order"],
            emptied={"note": "", "decision_note": ""},
            kept=["number", "status"],
        ),
        PersonalRows(
            section="granted_refund_lines",
            model=GrantedRefundLine,
            owner=owned_by("refund__order__user"),
            exported=["refund", "item__variant", "amount", "tax_amount"],
            withheld=["id", "item", "movement"],
            emptied={},
        ),
        PersonalRows(
            section="granted_refunds",
            model=GrantedRefund,
            owner=_OF_ORDER,
            exported=["id", "order__order_number", "kind", "amount", "tax_amount", "reason", "granted_at"],
            withheld=["order", "granted_by"],
            emptied={"reason": ""},
            kept=["kind", "granted_by"],
        ),
        PersonalRows(
            section="payment_events",
            model=PaymentEvent,
            owner=lambda user_id: _paid_by(user_id, lookup="payment__order_number__in"),
            exported=["payment", "kind", "amount", "currency", "message", "occurred_at", "recorded_at"],
            withheld=["id", "request", "gateway_reference", "problem"],
            emptied={"message": ""},
            kept=["kind", "currency", "gateway_reference", "problem"],
        ),
        PersonalRows(
            section="payment_requests",
            model=PaymentRequest,
            owner=lambda user_id: _paid_by(user_id, lookup="payment__order_number__in"),
            exported=["payment", "kind", "amount", "reason", "state", "created_at", "finished_at"],
            withheld=["id", "target", "attempts", "next_attempt_at", "lease_until", "error"],
            emptied={"reason": "", "error": ""},
            kept=["id", "kind", "target", "state"],
        ),
        PersonalRows(
            section="payments",
            model=Payment,
            owner=_paid_by,
            exported=[
                "id",
                "order_number",
                "gateway",
                "currency",
                "amount",
                "status",
                "authorised",
                "captured",
                "refunded",
                "expires_at",
                "created_at",
                "updated_at",
            ],
            # What a storefront needs for paying contains secrets of the gateway.
            withheld=[
                "captures_automatically",
                "gateway_reference",
                "client_data",
                "options",
                "needs_attention",
                "acknowledged_at",
            ],
            emptied={"client_data": {}, "options": {}},
            kept=["id", "order_number", "gateway", "currency", "status", "gateway_reference"],
        ),
        PersonalRows(
            section="orders",
            model=Order,
            owner=owned_by("user"),
            exported=[
                "order_number",
                "customer_name",
                "customer_phone",
                "email",
                "status",
                "payment_status",
                "payment_method",
                "currency",
                "prices_include_tax",
                "subtotal",
                "tax_amount",
                "shipping_cost",
                "charges",
                "charge_lines",
                "total_amount",
                "shipping_method",
                "shipping_address",
                "billing_address",
                "notes",
                "placed_at",
                "expires_at",
                "expired_at",
                "source",
                "source_reference",
            ],
            withheld=["id", "user", "guest", "created_at", "updated_at"],
            emptied={
                "customer_name": "",
                "customer_phone": "",
                "guest": "",
                "email": "",
                "shipping_address": _country_of,
                "billing_address": _country_of,
                "notes": "",
                "user": None,
            },
            # The reference keeps a later import from adding the order again.
            kept=[
                "order_number",
                "status",
                "payment_status",
                "payment_method",
                "currency",
                "charge_lines",
                "shipping_method",
                "source",
                "source_reference",
            ],
        ),
    ],
)
