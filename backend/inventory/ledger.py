"""Computes the effect of inventory transactions on stock."""

from backend.api.errors import InvalidInput
from backend.inventory.models import TransactionType

SIGNS = {
    TransactionType.IN: 1,
    TransactionType.RETURN: 1,
    TransactionType.OUT: -1,
    TransactionType.DAMAGE: -1,
}


def effect_of(transaction_type: str, *, quantity: int) -> int:
    """Return the change of stock in units; the quantity of an ADJUSTMENT has the sign of the change.

    Raises:
        InvalidInput: the quantity is 0, or is negative for a type other than ADJUSTMENT.
    """
    if transaction_type == TransactionType.ADJUSTMENT:
        if quantity == 0:
            raise InvalidInput(quantity=["Must be the difference from the counted units, and not 0."])
        return quantity
    if quantity < 1:
        raise InvalidInput(quantity=[f"Must be 1 or more; the type {transaction_type} implies the sign."])
    return SIGNS[TransactionType(transaction_type)] * quantity
