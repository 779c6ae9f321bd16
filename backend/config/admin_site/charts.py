"""Bar charts of the index page, which Chart.js draws from JSON in the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GOOD, BAD, PLAIN = "var(--color-green-600)", "var(--color-red-600)", "var(--color-base-400)"
COLOURS = ("var(--color-primary-600)", PLAIN, GOOD, "var(--color-orange-600)")
_GREY = "#6b7280"
_LONGEST_LABEL = 20
_BAR_PIXELS = 34
_AXIS_PIXELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of a series, in one colour or in one for each bar."""

    label: str
    values: Sequence[float]
    colour: str | Sequence[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart; `label` says in words what it shows, and `height` is in pixels."""

    label: str
    data: str
    options: str
    height: int


def vertical_bars(label: str, *, names: Sequence[str], series: Sequence[Bars]) -> Chart:
    """Return a chart of vertical bars, such as one for each day."""
    scales = {"x": _axis(maxRotation=0, autoSkipPadding=12), "y": _axis()}
    return Chart(label=label, data=_data(names, series), options=_options(series, scales=scales), height=240)


def horizontal_bars(label: str, *, names: Sequence[str], series: Sequence[Bars], unit: str) -> Chart:
    """Return a chart of horizontal bars, one for each name; those of zero are still visible."""
    scales = {
        "x": {**_axis(precision=0), "title": {"display": True, "text": unit, "color": _GREY}},
        "y": _axis(autoSkip=False),
    }
    shown = [_shortened(name) for name in names]
    return Chart(
        label=label,
        data=_data(shown, series, minBarLength=4),
        options=_options(series, scales=scales, indexAxis="y"),
        height=_AXIS_PIXELS + _BAR_PIXELS * len(names),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1].rstrip()}…"


def _data(names: Sequence[str], series: Sequence[Bars], **options: Any) -> str:
    datasets = [
        {
            "label": bars.label,
            "data": list(bars.values),
            "backgroundColor": bars.colour or COLOURS[number % len(COLOURS)],
            "maxBarThickness": 18,
            **options,
        }
        for number, bars in enumerate(series)
    ]
    return json.dumps({"labels": list(names), "datasets": datasets})


def _axis(**ticks: Any) -> dict[str, Any]:
    return {"beginAtZero": True, "border": {"width": 0}, "grid": {}, "ticks": {"color": _GREY, **ticks}}


def _options(series: Sequence[Bars], *, scales: Mapping[str, Any], **options: Any) -> str:
    legend = {"display": len(series) > 1, "position": "bottom", "labels": {"color": _GREY, "boxWidth": 12}}
    shared = {"animation": False, "maintainAspectRatio": False, "plugins": {"legend": legend}}
    return json.dumps({**shared, "scales": scales, **options})
