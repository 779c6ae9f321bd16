"""Errors of promotions."""

from backend.api.errors import DomainError, NotFound


class PromotionNotFound(NotFound):
    """There is no such promotion."""

    code = "promotion_not_found"
    message = "There is no such promotion."
    details_keys = {"promotion_id": "The id in the request."}
    hint = "List the promotions."


class PromotionUsed(DomainError):
    """The promotion can't be deleted, because orders have used it."""

    code = "promotion_used"
    status = 409
    message = "Orders have used this promotion, so it can't be deleted."
    details_keys = {"promotion_id": "The promotion."}
    hint = "Switch it off instead: set `is_active` to false."


class PromotionEditedMeanwhile(DomainError):
    """The promotion has changed since the client read it."""

    code = "promotion_edited_meanwhile"
    status = 409
    message = "The promotion has changed since you read it."
    details_keys = {"version": "Its version now."}
    hint = "Read the promotion again, and repeat the change with its version."


class PromotionCodeNotFound(NotFound):
    """There is no such code, or the cart doesn't have it."""

    code = "promotion_code_not_found"
    message = "There is no such code."
    details_keys = {"code": "The code in the request, in capitals."}
    hint = "Check the spelling."


class PromotionCodeExists(DomainError):
    """A code exists already; codes are unique among all promotions."""

    code = "promotion_code_exists"
    status = 409
    message = "This code exists already."
    details_keys = {"codes": "The codes that exist."}
    hint = "Choose other codes."


class TooManyCodes(DomainError):
    """The cart has the maximum number of codes."""

    code = "too_many_codes"
    status = 409
    message = "The cart can't hold more codes."
    details_keys = {"max_codes": "The maximum number of codes in a cart."}
    hint = "Remove a code first."


class PromotionUsedUp(DomainError):
    """What was left of a promotion was taken by another order in the meantime."""

    code = "promotion_used_up"
    status = 409
    message = "A promotion in your cart was used up in the meantime."
    details_keys = {
        "promotions": "The promotions concerned: `id`, `name`, `code` (empty without one), and `units_left` "
        "of one with a cap of units, otherwise null."
    }
    hint = "Read the cart again: it shows the price without the promotion. Then order again."
