"""Tax errors."""

from backend.api.errors import DomainError, NotFound


class TaxRateNotFound(NotFound):
    """There is no such tax rate."""

    code = "tax_rate_not_found"
    message = "There is no such tax rate."
    details_keys = {"tax_rate_id": "The id in the request."}
    hint = "List the tax rates."


class TaxRateExists(DomainError):
    """The tax class has a rate in this place."""

    code = "tax_rate_exists"
    status = 409
    message = "This tax class has a rate in this place."
    details_keys = {"country": "The country.", "state": "The state.", "tax_class": "The tax class."}
    hint = "Change the existing rate."
