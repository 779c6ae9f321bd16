"""Tax queries."""

from backend.taxes.errors import TaxRateNotFound
from backend.taxes.models import TaxRate


def tax_rate_for(tax_rate_id: int) -> TaxRate:
    """Return a tax rate.

    Raises:
        TaxRateNotFound: it doesn't exist.
    """
    rate = TaxRate.objects.filter(pk=tax_rate_id).first()
    if rate is None:
        raise TaxRateNotFound(tax_rate_id=tax_rate_id)
    return rate
