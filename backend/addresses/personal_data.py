"""The personal data of address books."""

from backend.addresses.models import Address
from backend.addresses.validation import FIELDS
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by

PERSONAL_DATA = PersonalTables(
    "addresses",
    [
        PersonalRows(
            section="addresses",
            model=Address,
            owner=owned_by("user"),
            exported=[*FIELDS, "is_default_shipping", "is_default_billing", "created_at", "updated_at"],
            withheld=["id", "user"],
        )
    ],
)
