"""Changes to address books.

The account's row is locked first, so that two requests can't both exceed the limit or set a default.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db import transaction

from backend.accounts.locks import lock_user
from backend.addresses.errors import MAX_ADDRESSES, AddressBookFull
from backend.addresses.models import Address
from backend.addresses.selectors import address_for, addresses_of
from backend.addresses.validation import FIELDS
from backend.audit.actors import Actor
from backend.audit.services import record

DEFAULTS = ("is_default_shipping", "is_default_billing")


def create_address(user_id: int, *, values: Mapping[str, Any], by: Actor) -> Address:
    """Add a normalised address to the customer's address book; `values` also has the defaults.

    Raises:
        AddressBookFull: it has the maximum number of addresses.
    """
    with transaction.atomic():
        lock_user(user_id)
        if addresses_of(user_id).count() >= MAX_ADDRESSES:
            raise AddressBookFull(max_addresses=MAX_ADDRESSES)
        return _stored(Address(user_id=user_id), values=values, action="addresses.created", by=by)


def replace_address(address_id: int, *, user_id: int, values: Mapping[str, Any], by: Actor) -> Address:
    """Replace all fields of the address.

    Raises:
        AddressNotFound: it doesn't exist, or is another customer's.
    """
    with transaction.atomic():
        lock_user(user_id)
        address = address_for(address_id, user_id=user_id)
        return _stored(address, values=values, action="addresses.updated", by=by)


def delete_address(address_id: int, *, user_id: int, by: Actor) -> None:
    """Delete the address; orders keep their copies.

    Raises:
        AddressNotFound: it doesn't exist, or is another customer's.
    """
    with transaction.atomic():
        lock_user(user_id)
        address = address_for(address_id, user_id=user_id)
        _record("addresses.deleted", address, before=_values(address), by=by)
        address.delete()


def _stored(address: Address, *, values: Mapping[str, Any], action: str, by: Actor) -> Address:
    before = {} if address._state.adding else _values(address)
    for name in FIELDS:
        setattr(address, name, values.get(name, ""))
    for name in DEFAULTS:
        wanted = values.get(name, False)
        if wanted:
            addresses_of(address.user_id).filter(**{name: True}).exclude(pk=address.pk).update(
                **{name: False}
            )
        setattr(address, name, wanted)
    address.save()
    _record(action, address, before=before, after=_values(address), by=by)
    return address


def _values(address: Address) -> dict[str, object]:
    return {name: getattr(address, name) for name in (*FIELDS, *DEFAULTS)}


def _record(
    action: str,
    address: Address,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object] = MappingProxyType({}),
    by: Actor,
) -> None:
    """Record what changed; `before` of a new address and `after` of a deleted one are empty."""
    pairs = {name: (before.get(name), after.get(name)) for name in (*FIELDS, *DEFAULTS)}
    changed = {name: pair for name, pair in pairs.items() if (pair[0] or None) != (pair[1] or None)}
    record(
        action,
        by=by,
        subject=address,
        changes={name: changed.pop(name) for name in DEFAULTS if name in changed},
        personal=changed,
        owner_id=address.user_id,
    )
