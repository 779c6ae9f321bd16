"""The personal data of payments, which refer to orders by their number."""

from backend.orders.personal_rows import ByOrder, OrderRows
from backend.payments.models import Payment, PaymentEvent, PaymentRequest

PAYMENT_TABLES = (
    OrderRows(
        section="payment_events",
        model=PaymentEvent,
        owner=ByOrder("payment__order_number"),
        exported=["payment", "kind", "amount", "currency", "message", "occurred_at", "recorded_at"],
        withheld=["id", "request", "gateway_reference", "problem"],
        emptied={"message": ""},
        kept=["kind", "currency", "gateway_reference", "problem"],
    ),
    OrderRows(
        section="payment_requests",
        model=PaymentRequest,
        owner=ByOrder("payment__order_number"),
        exported=["payment", "kind", "amount", "reason", "state", "created_at", "finished_at"],
        withheld=["id", "target", "attempts", "next_attempt_at", "lease_until", "error"],
        emptied={"reason": "", "error": ""},
        kept=["id", "kind", "target", "state"],
    ),
    OrderRows(
        section="payments",
        model=Payment,
        owner=ByOrder("order_number"),
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
)
