"""Address errors."""

from collections.abc import Mapping
from typing import Final

from backend.api.errors import DomainError, NotFound

MAX_ADDRESSES: Final = 50


class InvalidAddress(ValueError):
    """An address breaks the rules of its country; `faults` has a message for each field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in faults.items()))
        self.faults = dict(faults)


class AddressNotFound(NotFound):
    """The caller's address book has no such address."""

    code = "address_not_found"
    message = "There is no such address in your address book."
    details_keys = {"address_id": "The id in the request."}
    hint = "List the addresses."


class AddressBookFull(DomainError):
    """The address book has the maximum number of addresses."""

    code = "address_book_full"
    status = 409
    message = f"An address book holds at most {MAX_ADDRESSES} addresses."
    details_keys = {"max_addresses": "The maximum number of addresses."}
    hint = "Delete an address that is no longer used."
