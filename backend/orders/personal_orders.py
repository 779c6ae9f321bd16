"""The personal data of orders and their items."""

from collections.abc import Mapping
from typing import Any

from backend.orders.models import Movement, Order, OrderAdjustment, OrderItem, OrderStatusHistory
from backend.orders.personal_rows import ByOrder, MovementOwner, OrderRows

NO_CLAIM = {"exposure_id": None, "cart_added_at": None, "shopper_key": None}


def _country_of(address: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stays of an address."""
    return {name: address[name] for name in ("country",) if address.get(name)}


ITEM_TABLES = (
    OrderRows(
        section="order_movements",
        model=Movement,
        owner=MovementOwner("order"),
        exported=[
            "kind",
            "order__order_number",
            "product",
            "variant",
            "category_path",
            "country",
            "quantity",
            "amount",
            "currency",
            "occurred_at",
            "shopper_key",
            "exposure_id",
            "cart_added_at",
        ],
        withheld=["id", "order", "order_item", "seller", "customer", "reference"],
        emptied={"customer": None, **NO_CLAIM},
        kept=["kind", "seller", "category_path", "country", "currency", "reference"],
    ),
    OrderRows(
        section="order_items",
        model=OrderItem,
        owner=ByOrder("order"),
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
        emptied=NO_CLAIM,
        kept=["seller", "tax_class", "product_snapshot"],
    ),
    OrderRows(
        section="order_adjustments",
        model=OrderAdjustment,
        owner=ByOrder("order"),
        exported=[
            "order__order_number",
            "kind",
            "code",
            "description",
            "units",
            "amount",
            "tax_rate",
            "tax_amount",
        ],
        withheld=["id", "order", "item", "promotion"],
        emptied={},
        kept=["kind", "code", "description"],
    ),
    OrderRows(
        section="order_history",
        model=OrderStatusHistory,
        owner=ByOrder("order"),
        exported=["order__order_number", "status", "note", "changed_at"],
        withheld=["id", "order", "changed_by"],
        emptied={"note": ""},
        # The user's own changes lose their author when the account is deleted.
        kept=["status", "changed_by"],
    ),
)

ORDER_TABLE = OrderRows(
    section="orders",
    model=Order,
    owner=ByOrder("pk"),
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
        "device",
        "is_bot",
        "consent",
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
        "device",
        "consent",
        "source",
        "source_reference",
    ],
)
