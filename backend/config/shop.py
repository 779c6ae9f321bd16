"""The company on invoices in development and in the demo."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """The details of a company on invoices."""

    name: str = ""
    address: tuple[str, ...] = ()
    vat_number: str = ""
    email: str = ""
    footer: tuple[str, ...] = ()


NO_SHOP = Company()
EXAMPLE_SHOP = Company(
    name="Harbour Row Trading Ltd",
    address=("14 Harbour Row", "Bristol BS1 4QA", "United Kingdom"),
    vat_number="GB999999973",
    email="billing@shop.example",
    footer=(
        "Registered in England and Wales, company number 01234567",
        "Thank you for shopping with us.",
    ),
)
"""A fictitious company; its domain is reserved for examples."""
