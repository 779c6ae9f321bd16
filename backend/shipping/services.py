"""Changes to shipping methods. They apply to orders that are placed afterwards."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from backend.api import money
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.shipping.errors import ShippingMethodExists
from backend.shipping.models import ShippingMethod
from backend.shipping.selectors import shipping_method_for

AMOUNTS = ("min_amount", "max_amount", "price", "price_per_kg", "free_from")
FIELDS = (
    "code",
    "name",
    "is_active",
    "currency",
    "countries",
    "min_weight_grams",
    "max_weight_grams",
    *AMOUNTS,
    "tax_class",
)


def create_shipping_method(values: Mapping[str, Any], *, by: Actor) -> ShippingMethod:
    """Create a shipping method.

    Raises:
        InvalidInput: an amount has too many decimal places for the currency.
        ShippingMethodExists: another method has the code.
    """
    return _stored(ShippingMethod(), values=values, action="shipping.method_created", by=by)


def replace_shipping_method(
    shipping_method_id: int, *, values: Mapping[str, Any], by: Actor
) -> ShippingMethod:
    """Replace all fields of a shipping method.

    Raises:
        InvalidInput: an amount has too many decimal places for the currency.
        ShippingMethodNotFound: it doesn't exist.
        ShippingMethodExists: another method has the code.
    """
    method = shipping_method_for(shipping_method_id)
    return _stored(method, values=values, action="shipping.method_updated", by=by)


def delete_shipping_method(shipping_method_id: int, *, by: Actor) -> None:
    """Delete a shipping method; orders keep its code. Without any method, SHIPPING_COST applies.

    Raises:
        ShippingMethodNotFound: it doesn't exist.
    """
    with transaction.atomic():
        method = shipping_method_for(shipping_method_id)
        changes = {name: (getattr(method, name), None) for name in FIELDS}
        record("shipping.method_deleted", by=by, subject=method, changes=changes)
        method.delete()


def _stored(method: ShippingMethod, *, values: Mapping[str, Any], action: str, by: Actor) -> ShippingMethod:
    before = {name: None if method._state.adding else getattr(method, name) for name in FIELDS}
    for name in FIELDS:
        setattr(method, name, values[name])
    amounts = {name: values[name] for name in AMOUNTS if values[name] is not None}
    money.require_precise(method.currency, **amounts)
    try:
        with transaction.atomic():
            method.save()
            changes = differences(before, {name: getattr(method, name) for name in FIELDS})
            record(action, by=by, subject=method, changes=changes)
    except IntegrityError as error:
        raise ShippingMethodExists(code=method.code) from error
    return method
