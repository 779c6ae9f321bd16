"""The personal data of shipments, returns and refunds."""

from backend.orders.fulfilment_models import Return, ReturnItem, Shipment, ShipmentItem
from backend.orders.personal_rows import ByOrder, OrderRows
from backend.orders.refund_models import GrantedRefund, GrantedRefundLine

FULFILMENT_TABLES = (
    OrderRows(
        section="shipped_items",
        model=ShipmentItem,
        owner=ByOrder("shipment__order"),
        exported=["shipment__number", "item__variant", "quantity"],
        withheld=["id", "shipment", "item"],
        emptied={},
    ),
    OrderRows(
        section="shipments",
        model=Shipment,
        owner=ByOrder("order"),
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
    OrderRows(
        section="returned_items",
        model=ReturnItem,
        owner=ByOrder("return_request__order"),
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
    OrderRows(
        section="returns",
        model=Return,
        owner=ByOrder("order"),
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
    OrderRows(
        section="granted_refund_lines",
        model=GrantedRefundLine,
        owner=ByOrder("refund__order"),
        exported=["refund", "item__variant", "amount", "tax_amount"],
        withheld=["id", "item", "movement"],
        emptied={},
    ),
    OrderRows(
        section="granted_refunds",
        model=GrantedRefund,
        owner=ByOrder("order"),
        exported=["id", "order__order_number", "kind", "amount", "tax_amount", "reason", "granted_at"],
        withheld=["order", "granted_by"],
        emptied={"reason": ""},
        kept=["kind", "granted_by"],
    ),
)
