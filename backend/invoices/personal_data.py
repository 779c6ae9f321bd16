"""The personal data on invoices and credit notes, which the law requires to be kept."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.invoices.models import Invoice

PERSONAL_DATA = PersonalTables(
    "invoices",
    [
        PersonalRows(
            section="invoices",
            model=Invoice,
            owner=owned_by("order__user"),
            exported=[
                "number",
                "kind",
                "order__order_number",
                "currency",
                "net_amount",
                "tax_amount",
                "total_amount",
                "issued_on",
                "issued_at",
                "content",
            ],
            withheld=["id", "series", "number_in_series", "order", "invoice"],
            emptied={},
            kept=["number", "kind", "currency", "content"],
        )
    ],
)
