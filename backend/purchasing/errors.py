"""Purchasing errors."""

from backend.api.errors import DomainError, NotFound


class SupplierNotFound(NotFound):
    """The supplier doesn't exist, or is another seller's."""

    code = "supplier_not_found"
    message = "There is no such supplier."
    details_keys = {"supplier": "The supplier's id."}
    hint = "List the suppliers."


class SupplierExists(DomainError):
    """The seller has a supplier with this name."""

    code = "supplier_exists"
    status = 409
    message = "There is a supplier with this name."
    details_keys = {"name": "The name."}
    hint = "Use the existing supplier, or choose another name."


class ReorderRuleNotFound(NotFound):
    """The variant has no reorder rule."""

    code = "reorder_rule_not_found"
    message = "This variant has no reorder rule."
    details_keys = {"variant": "The variant's id."}
    hint = "Create the rule with PUT."


class PurchaseOrderNotFound(NotFound):
    """The purchase order doesn't exist, or is another seller's."""

    code = "purchase_order_not_found"
    message = "There is no such purchase order."
    details_keys = {"number": "The purchase order's number."}
    hint = "List the purchase orders."


class PurchaseOrderStatusConflict(DomainError):
    """The purchase order's status does not allow the action."""

    code = "purchase_order_status_conflict"
    status = 409
    message = "The purchase order's status does not allow this."
    details_keys = {"status": "The present status.", "allowed": "The statuses that allow the action."}
    hint = "Read the purchase order again; another request may have changed it."


class ReceiptTooLarge(DomainError):
    """More units were delivered than are outstanding."""

    code = "receipt_too_large"
    status = 409
    message = "More units were delivered than are outstanding."
    details_keys = {"items": "The lines concerned: `variant`, `sku`, `delivered` and `outstanding` units."}
    hint = (
        "Correct the quantity, or send `accept_excess: true` if the additional units were really delivered."
    )
