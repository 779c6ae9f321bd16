"""Wish list errors."""

from typing import Final

from backend.api.errors import DomainError, NotFound

MAX_LISTS: Final = 50
MAX_ITEMS: Final = 500


class WishListNotFound(NotFound):
    """The caller has no such wish list, or the link is invalid or was withdrawn."""

    code = "wish_list_not_found"
    message = "There is no such wish list."
    details_keys = {"wish_list_id": "The id in the request; a request with a link has none."}
    hint = "List your wish lists, or ask for a new link."


class WishListItemNotFound(NotFound):
    """The caller's wish lists have no such item."""

    code = "wish_list_item_not_found"
    message = "There is no such item in your wish lists."
    details_keys = {"item_id": "The id in the request."}
    hint = "Read the wish list again."


class WishListNameTaken(DomainError):
    """The caller has another wish list with this name."""

    code = "wish_list_name_taken"
    status = 409
    message = "You have a wish list with this name already."
    details_keys = {"name": "The name."}
    hint = "Choose another name."


class TooManyWishLists(DomainError):
    """The caller has the maximum number of wish lists."""

    code = "too_many_wish_lists"
    status = 409
    message = f"You can have at most {MAX_LISTS} wish lists."
    details_keys = {"max_lists": "The maximum number of wish lists."}
    hint = "Delete a wish list that is no longer used."


class WishListFull(DomainError):
    """The wish list has the maximum number of items."""

    code = "wish_list_full"
    status = 409
    message = f"A wish list holds at most {MAX_ITEMS} items."
    details_keys = {"max_items": "The maximum number of items."}
    hint = "Remove an item, or use another list."
