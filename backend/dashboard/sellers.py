"""Names of sellers in reports, which have only their ids."""

from dataclasses import replace

from analytics_pipeline.reports import ReportResult
from backend.accounts.models import User


def with_names_of_sellers(result: ReportResult) -> ReportResult:
    """Return the rows with the names of sellers as titles, if each row is a seller's."""
    columns = list(result.columns)
    if result.parameters.get("breakdown") != "seller" or not {"part", "title"} <= set(columns):
        return result
    part, title = columns.index("part"), columns.index("title")
    ids = {int(row[part]) for row in result.rows if str(row[part]).isdecimal()}
    sellers = User.objects.filter(pk__in=ids).only("first_name", "last_name")
    names = {str(seller.pk): f"{seller.first_name} {seller.last_name}".strip() for seller in sellers}
    rows = [(*row[:title], names.get(str(row[part]), ""), *row[title + 1 :]) for row in result.rows]
    return replace(result, rows=tuple(rows))
