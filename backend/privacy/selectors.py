"""Reads of receipts."""

from uuid import UUID

from backend.privacy.errors import ReceiptNotFound
from backend.privacy.models import Erasure


def receipt(receipt_id: UUID) -> Erasure:
    """Return the erasure with its steps.

    Raises:
        ReceiptNotFound: there is none with this id.
    """
    found = Erasure.objects.filter(pk=receipt_id).prefetch_related("steps").first()
    if found is None:
        raise ReceiptNotFound(receipt_id=str(receipt_id))
    return found
