"""What an inventory transaction does to stock."""

from backend.api.errors import InvalidInput
from backend.inventory.models import TransactionType

SIGNS = {
    TransactionType.IN: 1,
    TransactionType.RETURN: 1,
    TransactionType.OUT: -1,
    TransactionType.DAMAGE: -1,
}


def effect_of(transaction_type: str, *, quantity: int) -> int:
    """Return by how many units stock changes; the quantity of an ADJUSTMENT has its own sign.

    Raises:
        InvalidInput: nothing would move, or a movement with a direction has a negative quantity.
    """
    if transaction_type == TransactionType.ADJUSTMENT:
        if quantity == 0:
            raise InvalidInput(quantity=["Must be the difference to what was counted, so not 0."])
        return quantity
    if quantity < 1:
        raise InvalidInput(quantity=[f"Must be 1 or more; {transaction_type} says the direction."])
    return SIGNS[TransactionType(transaction_type)] * quantity
