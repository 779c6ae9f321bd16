"""Accounts that imports create; they have no password and can't log in."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.hashers import make_password

from backend.accounts.models import User, UserType

SELLERS = "seller"


@dataclass(frozen=True, slots=True)
class ImportedCustomer:
    """An imported customer's id, and the key that identifies them in the warehouse."""

    id: int
    shopper_key: UUID


def seller_of(source: str) -> User:
    """Return the default seller for products from `source`; create the account if necessary."""
    seller, _ = User.objects.get_or_create(
        source=SELLERS,
        source_reference=source,
        defaults={"user_type": UserType.SELLER, "first_name": source, "password": make_password(None)},
    )
    return seller


def customers_of(source: str, *, references: Collection[str]) -> dict[str, ImportedCustomer]:
    """Return the customers by their references in `source`; create the missing accounts."""
    User.objects.bulk_create(
        [
            User(source=source, source_reference=reference, password=make_password(None))
            for reference in sorted(set(references) - _known(source, references=references).keys())
        ],
        ignore_conflicts=True,
    )
    return _known(source, references=references)


def _known(source: str, *, references: Collection[str]) -> dict[str, ImportedCustomer]:
    rows = User.objects.filter(source=source, source_reference__in=references)
    return {
        str(reference): ImportedCustomer(pk, shopper_key)
        for reference, pk, shopper_key in rows.values_list("source_reference", "pk", "shopper_key")
    }
