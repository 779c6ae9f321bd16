"""What a panel shows: the rows of its report as figures, a chart and a table."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from analytics_pipeline.reports import Column, Report, ReportResult
from backend.dashboard.cells import Cell, cell_of, is_number, is_share, name_of, percent, text_of
from backend.dashboard.declarations import Drill, Figure, Kind, Panel
from backend.dashboard.filters import Filters, in_words
from backend.dashboard.periods import common, days_of

MOST_BARS = 10
ROWS_ON_PAGE, ROWS_ALONE = 10, 1_000
_TITLE = "title"
"""The column that names products and sellers; other parts have none."""
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Total:
    """A number, and its change since the earlier range in words."""

    text: str
    change: str = ""
    is_good: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A title with a number, or with an amount for each currency."""

    title: str
    definition: str
    totals: list[Total]
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column of a table."""

    title: str
    definition: str
    description: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row; in a funnel, `width` is its share of all sessions in per cent."""

    cells: list[Cell]
    width: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows; `total` is how many the report has, and `has_bars` says that they have a `width`."""

    headings: list[Heading]
    rows: list[Row]
    total: int
    has_bars: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that a panel shows; `chart` is JSON for `charts.js`, or empty."""

    figures: list[ShownFigure]
    table: Table | None
    chart: str
    summary: str

    @property
    def is_empty(self) -> bool:
        """Whether the report has no rows."""
        return self.table is not None and not self.table.total


def content_of(
    panel: Panel, report: Report, result: ReportResult, filters: Filters, *, is_alone: bool
) -> Content:
    """Return what the panel shows; alone on its page, it has all columns and more rows."""
    records: Sequence[Record] = result.records()
    if panel.kind is Kind.BAR:
        records = _merged(panel, records)
    figures = [_figure(each, records, report, filters) for each in panel.figures]
    charted = _charted(panel, records, filters) if panel.values and records else None
    only_figures = panel.kind is Kind.FIGURES and not is_alone
    return Content(
        figures=figures,
        table=None if only_figures else _table(panel, report, records, filters, is_alone=is_alone),
        chart=json.dumps(charted) if charted else "",
        summary=_summary(panel, charted) if charted else "",
    )


def _merged(panel: Panel, records: Sequence[Record]) -> list[Record]:
    """Return a record for each bar, with the sums of its columns over all periods, the largest first."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        texts = {name: value for name in panel.columns if isinstance(value := record[name], str)}
        sums = {name: record[name] for name in panel.columns if name not in texts}
        known = merged.setdefault(tuple(texts.values()), dict(texts))
        known.update({name: known.get(name, 0) + value for name, value in sums.items()})
    return sorted(merged.values(), key=lambda record: record[panel.values[0]], reverse=True)


def _figure(figure: Figure, records: Sequence[Record], report: Report, filters: Filters) -> ShownFigure:
    definition, totals = definition_of(report, figure.defined_by), _totals(figure, records)
    link = f"{_address_of(figure.target)}?{filters.query()}" if figure.target else ""
    return ShownFigure(figure.title, definition, totals, link)


def _address_of(target: str) -> str:
    return reverse("dashboard:panel", args=target.split("/"))


def _totals(figure: Figure, records: Sequence[Record]) -> list[Total]:
    if not any(isinstance(record[figure.column], Decimal) for record in records):
        return [_total(figure, records, currency="")]
    currencies = sorted({record["currency"] for record in records} - {""})
    own = {each: [record for record in records if record["currency"] == each] for each in currencies}
    return [_total(figure, own[each], currency=each) for each in currencies]


def _total(figure: Figure, records: Sequence[Record], *, currency: str) -> Total:
    total = _sum(records, figure.column)
    if figure.per:
        divisor = _sum(records, figure.per)
        if not divisor:
            return Total("–")
        total = total / divisor
    text = text_of(total, column=figure.defined_by, currency=currency)
    return Total(f"{text} {currency}".strip(), *_change(figure, records, now=total, currency=currency))


def _sum(records: Iterable[Record], column: str) -> Any:
    return sum(record[column] for record in records)


def _change(figure: Figure, records: Sequence[Record], *, now: Any, currency: str) -> tuple[str, bool | None]:
    """Return the change in words, and whether it is good; both are empty without an earlier value."""
    before = _sum(records, figure.previous) if figure.previous else 0
    if not before:
        return "", None
    share = Decimal(now - before) / abs(Decimal(before))
    earlier = text_of(before, column=figure.previous, currency=currency)
    if not share:
        return f"as before ({earlier})", None
    direction = "up" if share > 0 else "down"
    return f"{direction} {percent(abs(share))} from {earlier}", (share > 0) == figure.more_is_better


def definition_of(report: Report, column: str) -> str:
    """Return the address of a column's definition."""
    return f"{reverse('dashboard:definition', args=[report.name])}#{column}"


def _table(
    panel: Panel, report: Report, records: Sequence[Record], filters: Filters, *, is_alone: bool
) -> Table:
    declared = {column.name: column for column in report.columns}
    has_all = (is_alone and panel.kind is not Kind.BAR) or not panel.columns
    columns = [declared[name] for name in (declared if has_all else panel.columns)]
    columns = [
        column
        for column in columns
        if not (has_all or column.name == _TITLE) or _is_used(column.name, records)
    ]
    most = ROWS_ALONE if is_alone else ROWS_ON_PAGE
    shown = _ordered(panel, records)[:most]
    has_bars = panel.kind is Kind.FUNNEL
    rows = [
        Row(
            [cell_of(record, each, link=_link(panel.drill, each.name, record, filters)) for each in columns],
            round(record["total_rate"] * 100, 1) if has_bars else None,
        )
        for record in shown
    ]
    headings = [_heading(report, column) for column in columns]
    return Table(headings=headings, rows=rows, total=len(records), has_bars=has_bars)


def _is_used(column: str, records: Sequence[Record]) -> bool:
    """Return whether any row has a value in the column, such as a breakdown that wasn't chosen."""
    return not records or any(record[column] not in ("", None) for record in records)


def _ordered(panel: Panel, records: Sequence[Record]) -> Sequence[Record]:
    """Return the newest periods first, and other rows in their order."""
    if panel.sort:
        return sorted(records, key=lambda record: record[panel.sort], reverse=True)
    return list(reversed(records)) if panel.kind is Kind.LINE else records


def _heading(report: Report, column: Column) -> Heading:
    return Heading(
        title=in_words(column.name),
        definition=definition_of(report, column.name),
        description=column.description,
        is_number=is_number(column),
    )


def _link(drill: Drill | None, column: str, record: Record, filters: Filters) -> str:
    """Return the address behind a cell; empty if the cell leads nowhere."""
    if column == "order_id" and filters.opens_orders:
        return reverse("admin:orders_order_change", args=[record["order_id"]])
    if drill is None or column != drill.column:
        return ""
    address = _address_of(drill.target)
    value = str(record[drill.column])
    if drill.parameter or drill.column != "period":
        name = drill.parameter or filters.values.get("breakdown", "")
        return f"{address}?{filters.query(**{name: value})}" if value and name not in ("", "none") else ""
    days = days_of(value, group_by=filters.group_by)
    return f"{address}?{filters.during(common(days, filters.days))}" if days else ""


def _charted(panel: Panel, records: Sequence[Record], filters: Filters) -> dict[str, Any]:
    """Return the labels and series of a chart; values of one label and series are added up."""
    if panel.kind is Kind.BAR:
        records = records[:MOST_BARS]
    labels = list(dict.fromkeys(name_of(record, panel.label) for record in records))
    groups = list(dict.fromkeys(str(record[panel.series]) if panel.series else "" for record in records))
    compared = filters.values.get("compare", "none") != "none" and "compare" not in panel.parameters
    series = []
    for group in groups:
        own = [record for record in records if not panel.series or str(record[panel.series]) == group]
        for column in panel.values:
            series.append(_series(panel, own, labels, column=column, group=group))
            if compared and column in panel.previous:
                earlier = _series(panel, own, labels, column=panel.previous[column], group=group)
                title = f"{series[-1]['title']}, earlier"
                series.append({**earlier, "title": title, "isEarlier": True})
    links = _links(panel, records, filters)
    return {
        "kind": "line" if panel.kind is Kind.LINE else "bar",
        "labels": labels,
        "series": series,
        "isShare": all(is_share(column) for column in panel.values),
        "links": [links.get(label, "") for label in labels],
    }


def _series(
    panel: Panel, records: Sequence[Record], labels: Sequence[str], *, column: str, group: str
) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for record in records:
        name = name_of(record, panel.label)
        sums[name] = sums.get(name, 0) + record[column]
    title = " ".join(filter(None, [in_words(column), group]))
    return {"title": title, "values": [float(sums[label]) if label in sums else None for label in labels]}


def _links(panel: Panel, records: Sequence[Record], filters: Filters) -> dict[str, str]:
    if panel.drill is None or panel.drill.column != panel.label:
        return {}
    return {
        name_of(record, panel.label): _link(panel.drill, panel.label, record, filters) for record in records
    }


def _summary(panel: Panel, charted: Mapping[str, Any]) -> str:
    """Return what the chart shows in a sentence, which screen readers read in its place."""
    labels, names = charted["labels"], " and ".join(each["title"] for each in charted["series"])
    kind = "Line" if panel.kind is Kind.LINE else "Bar"
    place = f"from {labels[0]} to {labels[-1]}" if panel.kind is Kind.LINE else f"for {len(labels)} values"
    return f"{kind} chart of {names} {place}; the table has the same numbers."
