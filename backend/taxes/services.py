"""Changes to tax rates. They apply to orders that are placed afterwards."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.taxes.errors import TaxRateExists
from backend.taxes.models import TaxRate
from backend.taxes.selectors import tax_rate_for

FIELDS = ("country", "state", "tax_class", "rate", "name")


def create_tax_rate(values: Mapping[str, Any], *, by: Actor) -> TaxRate:
    """Create a tax rate.

    Raises:
        TaxRateExists: the tax class has a rate in this place.
    """
    return _stored(TaxRate(), values=values, action="taxes.rate_created", by=by)


def replace_tax_rate(tax_rate_id: int, *, values: Mapping[str, Any], by: Actor) -> TaxRate:
    """Replace all fields of a tax rate.

    Raises:
        TaxRateNotFound: it doesn't exist.
        TaxRateExists: the tax class has another rate in this place.
    """
    return _stored(tax_rate_for(tax_rate_id), values=values, action="taxes.rate_updated", by=by)


def delete_tax_rate(tax_rate_id: int, *, by: Actor) -> None:
    """Delete a tax rate; without any rate, TAX_PERCENTAGE applies everywhere.

    Raises:
        TaxRateNotFound: it doesn't exist.
    """
    with transaction.atomic():
        rate = tax_rate_for(tax_rate_id)
        record(
            "taxes.rate_deleted",
            by=by,
            subject=rate,
            changes={name: (getattr(rate, name), None) for name in FIELDS},
        )
        rate.delete()


def _stored(rate: TaxRate, *, values: Mapping[str, Any], action: str, by: Actor) -> TaxRate:
    before = {name: None if rate._state.adding else getattr(rate, name) for name in FIELDS}
    for name in FIELDS:
        setattr(rate, name, values[name])
    try:
        with transaction.atomic():
            rate.save()
            changes = differences(before, {name: getattr(rate, name) for name in FIELDS})
            record(action, by=by, subject=rate, changes=changes)
    except IntegrityError as error:
        raise TaxRateExists(country=rate.country, state=rate.state, tax_class=rate.tax_class) from error
    return rate
