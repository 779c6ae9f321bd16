"""Reports write amounts as the rest of the API does."""

from decimal import Decimal

from analytics_pipeline.reports import ReportResult
from backend.analytics.amounts import written_rows


def test_an_amount_has_the_decimal_places_of_its_rows_currency() -> None:
    rows = (
        ("JPY", Decimal("501.0000"), 3),
        ("USD", Decimal("30.1000"), 1),
        ("KWD", Decimal("1.5000"), 2),
        ("", Decimal("0.0000"), 0),
    )
    response = ReportResult(columns=("currency", "net", "units"), rows=rows, parameters={})
    assert written_rows(response) == [
        {"currency": "JPY", "net": "501", "units": 3},
        {"currency": "USD", "net": "30.10", "units": 1},
        {"currency": "KWD", "net": "1.500", "units": 2},
        {"currency": "", "net": "0.00", "units": 0},
    ]
