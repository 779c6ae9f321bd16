"""Error of the reordering forecast and of simple methods: `python -m benchmarks.reordering PATH`.

PATH is the CSV file of Online Retail, plain or compressed: `InvoiceNo`, `StockCode`, `Quantity`,
`InvoiceDate`. Each method forecasts every product's units of the next four weeks, at each of six weeks in the
last two months. The error is the sum of absolute errors divided by the sum of units, the bias that of signed
errors.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from backend.purchasing.forecast import SMOOTHING, forecast

HORIZON = 4
ORIGINS = 6
LEAST_WEEKS = 4

Units = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Method = Callable[[Sequence[float]], float]


def _mean_of(weeks: int) -> Method:
    return lambda units: float(np.mean(units[-weeks:]))


METHODS: dict[str, Method] = {
    "last week": lambda units: units[-1],
    "mean of 4 weeks": _mean_of(4),
    "mean of 8 weeks": _mean_of(8),
    "mean of 13 weeks": _mean_of(13),
    f"smoothing, weight {SMOOTHING}": lambda units: forecast(units).weekly,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the error and the bias of each method; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    units = weekly_units(parser.parse_args(arguments).path)
    print(f"{units.shape[1]} products, {units.shape[0]} weeks")
    for name, method in METHODS.items():
        error, bias = measure(units, method=method)
        print(f"{name:24} error {error:.3f}  bias {bias:+.3f}")
    return 0


def weekly_units(path: Path) -> Units:
    """Return the units sold, of shape (weeks, products), without cancellations and the last, partial week."""
    rows = pd.read_csv(path, dtype=str).drop_duplicates()
    rows["units"] = rows["Quantity"].astype(int)
    sold = (
        ~rows["InvoiceNo"].str.startswith("C") & (rows["units"] > 0) & rows["StockCode"].str.match(r"\d{5}")
    )
    rows = rows[sold]
    week = pd.to_datetime(rows["InvoiceDate"]).dt.to_period("W-SUN").dt.start_time
    table = rows.pivot_table(index=week, columns="StockCode", values="units", aggfunc="sum", fill_value=0)
    table = table.reindex(pd.date_range(table.index[0], table.index[-1], freq="7D"), fill_value=0)
    return table.to_numpy(dtype=np.float64)[:-1]


def measure(units: Units, *, method: Method) -> tuple[float, float]:
    """Return the error and the bias of `method`."""
    first = (units > 0).argmax(axis=0)
    wrong = signed = total = 0.0
    last = len(units) - HORIZON
    for origin in range(last - ORIGINS + 1, last + 1):
        for product in np.flatnonzero(first < origin - LEAST_WEEKS):
            actual = units[origin : origin + HORIZON, product].sum()
            difference = method(list(units[first[product] : origin, product])) * HORIZON - actual
            wrong, signed, total = wrong + abs(difference), signed + difference, total + actual
    return wrong / total, signed / total


if __name__ == "__main__":
    sys.exit(main())
