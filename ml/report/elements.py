"""HTML of a report: escaped text, tables, and charts as rows of a table with inline SVG.

A chart is a table, so that its figures can be read without the picture, and its labels are text of the page,
so that they have the page's size at every width. All axes begin at 0 unless a value is negative.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as escaped HTML; HTML stays as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def section(name: str, title: str, *parts: str) -> Html:
    """Return a section with a heading; `name` is its address in the page."""
    content = "".join(map(text, parts))
    return Html(f'<section aria-labelledby="{name}"><h2 id="{name}">{text(title)}</h2>{content}</section>')


def heading(title: str) -> Html:
    """Return the heading of a part of a section."""
    return Html(f"<h3>{text(title)}</h3>")


def paragraph(words: object, *, kind: str = "") -> Html:
    """Return a paragraph; `kind` is a class of the style sheet."""
    return Html(f'<p class="{kind}">{text(words)}</p>' if kind else f"<p>{text(words)}</p>")


def facts(rows: Iterable[tuple[str, object]]) -> Html:
    """Return a list of names and values, without those whose value is None."""
    found = "".join(
        f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows if value is not None
    )
    return Html(f"<dl>{found}</dl>")


def items(rows: Iterable[object]) -> Html:
    """Return a bulleted list."""
    return Html("<ul>" + "".join(f"<li>{text(row)}</li>" for row in rows) + "</ul>")


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, kind: str = "figures"
) -> Html:
    """Return a table whose first column names the rows; it scrolls sideways where the page is narrow.

    `kind` is a class of the style sheet: "figures", or "words" if the last column has sentences.
    """
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in headings)
    body = "".join(_row(row) for row in rows)
    return Html(
        f'<div class="table {kind}" role="region" aria-label="{text(caption)}" tabindex="0"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[object]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{text(first)}</th>{"".join(f"<td>{text(one)}</td>" for one in others)}</tr>'


class Point(NamedTuple):
    """A value with its interval, if it has one; `kind` is a class of the style sheet."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "other"


def chart(caption: str, points: Sequence[Point], *, form: str = ".4f") -> Html:
    """Return values with their intervals on one axis, one below the other."""
    limits = [limit for one in points for limit in (one.value, one.low, one.high) if limit is not None]
    least, most = min([0.0, *limits]), max([0.0, *limits])
    span = (most - least) or 1.0

    def place(value: float) -> str:
        # A margin of 2 % on either side, so that a point at an end is whole.
        return f"{2 + 96 * (value - least) / span:.2f}%"

    rows = [(one.label, _picture(one, place), _figures(one, form=form)) for one in points]
    axis = Html(f'<span class="axis"><span>{least:{form}}</span><span>{most:{form}}</span></span>')
    head = f'<thead><tr><td></td><td>{axis}</td><th scope="col">value</th></tr></thead>'
    body = "".join(_row(row) for row in rows)
    rows_of = f"<caption>{text(caption)}</caption>{head}<tbody>{body}</tbody>"
    return Html(f'<div class="chart"><table>{rows_of}</table></div>')


def _picture(one: Point, place: Callable[[float], str]) -> Html:
    zero, value = place(0), place(one.value)
    interval = ""
    if one.low is not None and one.high is not None:
        ends = f'x1="{place(one.low)}" x2="{place(one.high)}"'
        interval = f'<line class="interval" {ends} y1="9" y2="9"/>'
    return Html(
        f'<svg class="{one.kind}" width="100%" height="18" aria-hidden="true">'
        f'<line class="zero" x1="{zero}" x2="{zero}" y1="0" y2="18"/>'
        f'<line class="guide" x1="{zero}" x2="{value}" y1="9" y2="9"/>{interval}'
        f'<circle cx="{value}" cy="9" r="4.5"/></svg>'
    )


def _figures(one: Point, *, form: str) -> Html:
    if one.low is None or one.high is None:
        return text(f"{one.value:{form}}")
    return Html(f"{one.value:{form}} <small>{one.low:{form}} to {one.high:{form}}</small>")
