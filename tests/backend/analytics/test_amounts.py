"""Amounts in reports have the same format as in the rest of the API."""

from decimal import Decimal

from analytics_pipeline.reports import ReportResult
from analytics_pipeline.reports.results import to_csv
from backend.analytics.amounts import precise_row, written_rows


def test_an_amount_has_the_decimal_places_of_its_rows_currency() -> None:
    rows = (
        ("JPY", Decimal("501.0000"), 3),
        ("USD", Decimal("30.1000"), 1),
        ("KWD", Decimal("1.5000"), 2),
        ("", Decimal("0.0000"), 0),
    )
    result = ReportResult(columns=("currency", "net", "units"), rows=rows, parameters={})
    assert written_rows(result) == [
        {"currency": "JPY", "net": "501", "units": 3},
        {"currency": "USD", "net": "30.10", "units": 1},
        {"currency": "KWD", "net": "1.500", "units": 2},
        {"currency": "", "net": "0.00", "units": 0},
    ]


def test_amounts_in_a_csv_file_have_the_decimal_places_of_their_rows_currency() -> None:
    columns = ("currency", "net")
    rows = [("JPY", Decimal("-501.0000")), ("USD", Decimal("30.1000")), ("", Decimal("0.0000"))]
    written = to_csv(columns, [precise_row(columns, row) for row in rows])
    assert written == "currency,net\nJPY,-501\nUSD,30.10\n,0.00\n"
