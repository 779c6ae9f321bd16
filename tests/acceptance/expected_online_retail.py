"""Reports on the public data set Online Retail, computed from its file with only pandas and the standard library."""

import csv
import lzma
import math
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

CENT = Decimal("0.01")
PRODUCT = re.compile(r"\d{5}")
FIGURES = ("units", "gross", "returns", "net", "orders", "buyers", "returned_units")
# The segment by recency (rows, from 1) and frequency (columns, from 1).
SEGMENTS = """
hibernating    hibernating     at_risk         at_risk cannot_lose
hibernating    hibernating     at_risk         at_risk cannot_lose
about_to_sleep about_to_sleep  need_attention  loyal   loyal
promising      potential_loyal potential_loyal loyal   loyal
new            potential_loyal potential_loyal champions champions
"""

Rows = list[dict[str, Any]]


def movements(path: Path) -> pd.DataFrame:
    """Return a row for each line of goods that were sold or returned; amounts are in pence."""
    rows = _rows(path)
    invoices: dict[str, dict[str, str]] = {}
    for row in rows:
        known = invoices.setdefault(row["InvoiceNo"], {"at": row["InvoiceDate"], "country": row["Country"]})
        known["at"] = min(known["at"], row["InvoiceDate"])
        if row["CustomerID"]:
            known.setdefault("customer", row["CustomerID"])
    lines = []
    for row in rows:
        invoice, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        is_sale = not invoice.startswith("C")
        if price <= 0 or not PRODUCT.match(row["StockCode"]) or (quantity > 0) != is_sale or not quantity:
            continue
        amount = int((abs(quantity) * price).quantize(CENT, ROUND_HALF_UP) * 100)
        known = invoices[invoice]
        lines.append(
            {
                "is_sale": is_sale,
                "invoice": invoice,
                "at": known["at"],
                "customer": known.get("customer", ""),
                "country": known["country"],
                "sku": row["StockCode"].strip().upper(),
                "units": abs(quantity),
                "pence": amount,
            }
        )
    frame = pd.DataFrame(lines)
    frame["day"] = frame["at"].str[:10]
    frame["month"] = frame["at"].str[:7]
    # The row of the file in which an invoice begins decides between two that have the same time.
    frame["place"] = frame.groupby("invoice", sort=False).ngroup()
    frame["customer_type"] = _customer_types(frame)
    return frame


def sales(frame: pd.DataFrame, by: list[str]) -> Rows:
    """Return the figures of the sales report for each group of `by` with a sale or a return."""
    sold, returned = frame[frame["is_sale"]], frame[~frame["is_sale"]]
    figures = pd.DataFrame(
        {
            "units": sold.groupby(by)["units"].sum(),
            "gross": sold.groupby(by)["pence"].sum(),
            "orders": sold.groupby(by)["invoice"].nunique(),
            "buyers": sold[sold["customer"] != ""].groupby(by)["customer"].nunique(),
            "returns": returned.groupby(by)["pence"].sum(),
            "returned_units": returned.groupby(by)["units"].sum(),
        }
    )
    figures = figures.fillna(0).astype("int64").sort_index().reset_index()
    figures["net"] = figures["gross"] - figures["returns"]
    records = _in_pounds(figures, "gross", "returns", "net").to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]


def cohorts(frame: pd.DataFrame) -> Rows:
    """Return the rows of the report on cohorts."""
    known = frame[frame["customer"] != ""].copy()
    known["number"] = known["month"].str[:4].astype(int) * 12 + known["month"].str[5:].astype(int)
    sold = known[known["is_sale"]]
    known = known.join(sold.groupby("customer")["number"].min().rename("cohort"), on="customer", how="inner")
    known["months_since"] = known["number"] - known["cohort"]
    known["net"] = known["pence"].where(known["is_sale"], -known["pence"])
    orders = sold.drop_duplicates("invoice").sort_values(["at", "place"])
    second = orders[orders.groupby("customer").cumcount() == 1].set_index("customer")["number"]
    firsts = sold.groupby("customer")["number"].min()
    rows = []
    last = known["number"].max()
    for cohort in sorted(firsts.unique()):
        members = firsts[firsts == cohort].index
        repeated = second.reindex(members).dropna()
        of_cohort = known[known["cohort"] == cohort]
        net_so_far = 0
        for months_since in range(last - cohort + 1):
            now = of_cohort[of_cohort["months_since"] == months_since]
            bought = now[now["is_sale"]]
            net_so_far += int(now["net"].sum())
            repeat_customers = int((repeated <= cohort + months_since).sum())
            rows.append(
                {
                    "cohort": f"{(cohort - 1) // 12}-{(cohort - 1) % 12 + 1:02}",
                    "months_since": months_since,
                    "customers": len(members),
                    "buyers": bought["customer"].nunique(),
                    "orders": bought["invoice"].nunique(),
                    "net": Decimal(int(now["net"].sum())) / 100,
                    "net_so_far": Decimal(net_so_far) / 100,
                    "repeat_customers": repeat_customers,
                    "repeat_rate": repeat_customers / len(members),
                }
            )
    return rows


def rfm(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each customer with a purchase: its figures, scores and segment, by net."""
    known = frame[frame["customer"] != ""]
    sold = known[known["is_sale"]]
    signed = known["pence"].where(known["is_sale"], -known["pence"])
    customers = pd.DataFrame(
        {
            "last_day": sold.groupby("customer")["day"].max(),
            "orders": sold.groupby("customer")["invoice"].nunique(),
            "net": signed.groupby(known["customer"]).sum(),
        }
    ).dropna()
    end = pd.Timestamp(customers["last_day"].max())
    customers["recency_days"] = (end - pd.to_datetime(customers["last_day"])).dt.days
    for score, figure in (("recency", "last_day"), ("frequency", "orders"), ("monetary", "net")):
        worse = customers[figure].rank(method="min").astype(int) - 1
        customers[score] = 1 + 5 * worse // len(customers)
    names = [line.split() for line in SEGMENTS.strip().splitlines()]
    customers["segment"] = [
        names[recency - 1][frequency - 1]
        for recency, frequency in zip(customers["recency"], customers["frequency"], strict=True)
    ]
    customers["orders"] = customers["orders"].astype(int)
    return _in_pounds(customers, "net")


def pairs(frame: pd.DataFrame, *, minimum_orders: int) -> dict[frozenset[str], tuple[int, float, float]]:
    """Return the orders with both, G2 and the corrected p-value of each pair of products."""
    sold = frame[frame["is_sale"]]
    baskets = [set(skus) for skus in sold.groupby("invoice")["sku"].unique() if len(skus) <= 200]
    singles = Counter(sku for basket in baskets for sku in basket)
    frequent = {sku for sku, count in singles.items() if count >= minimum_orders}
    both = Counter(pair for basket in baskets for pair in combinations(sorted(basket & frequent), 2))
    tested = {pair: count for pair, count in both.items() if count >= minimum_orders}
    found = {}
    for (one, other), count in tested.items():
        g2 = 0.0
        for has_one, has_other, observed in (
            (True, True, count),
            (True, False, singles[one] - count),
            (False, True, singles[other] - count),
            (False, False, len(baskets) - singles[one] - singles[other] + count),
        ):
            with_one = singles[one] if has_one else len(baskets) - singles[one]
            with_other = singles[other] if has_other else len(baskets) - singles[other]
            if observed:
                g2 += 2 * observed * math.log(observed * len(baskets) / with_one / with_other)
        p_value = min(1.0, math.erfc(math.sqrt(max(0.0, g2) / 2)) * len(tested))
        found[frozenset((one, other))] = (count, g2, p_value)
    return found


def values(frame: pd.DataFrame, *, end: str, horizon: int) -> pd.DataFrame:
    """Return a row for each customer with a purchase until `end`: what the report on customer value predicts.

    `continued` is the net a day since the first purchase, continued for `horizon` days.
    """
    known = frame[(frame["customer"] != "") & (frame["day"] <= end)]
    sold = known[known["is_sale"]]
    pounds = sold["pence"] / 100
    signed = (known["pence"] / 100).where(known["is_sale"], -known["pence"] / 100)
    purchases = pounds.groupby([sold["customer"], sold["day"]]).sum()
    of_customer = purchases.groupby(level="customer")
    n, mean = of_customer.size(), of_customer.mean()
    days = (pd.Timestamp(end) - pd.to_datetime(sold.groupby("customer")["day"].min())).dt.days
    repeats = n - 1
    rate = repeats.sum() / days.sum()
    spread = max(0.0, (((repeats - rate * days) ** 2 - rate * days).sum()) / (days**2).sum())
    expected = (repeats * spread + rate**2) / (days * spread + rate) * horizon
    within = ((purchases - of_customer.transform("mean")) ** 2).sum() / (n.sum() - len(n))
    overall = purchases.sum() / n.sum()
    between = ((n * (mean - overall) ** 2).sum() - (len(n) - 1) * within) / (n.sum() - (n**2).sum() / n.sum())
    weight = n * between / (n * between + within) if between > 0 else n * 0.0
    net = signed.groupby(known["customer"]).sum().reindex(n.index)
    value = net.sum() / purchases.sum() * (weight * mean + (1 - weight) * mean.mean())
    return pd.DataFrame(
        {
            "purchases": n,
            "known_days": days,
            "net": net,
            "expected_net": expected * value,
            "continued": net / days.clip(lower=1) * horizon,
        }
    )


def net_after(frame: pd.DataFrame, day: str) -> pd.Series:
    """Return what each customer with an account bought after the day, less what they returned."""
    later = frame[(frame["customer"] != "") & (frame["day"] > day)]
    signed = (later["pence"] / 100).where(later["is_sale"], -later["pence"] / 100)
    return signed.groupby(later["customer"]).sum()


def _customer_types(frame: pd.DataFrame) -> pd.Series:
    sold = frame[frame["is_sale"] & (frame["customer"] != "")]
    firsts = sold.sort_values(["at", "place"]).drop_duplicates("customer")["invoice"]
    types = pd.Series("returning", index=frame.index)
    types[frame["invoice"].isin(firsts)] = "new"
    types[frame["customer"] == ""] = "guest"
    return types


def _in_pounds(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    for name in columns:
        pounds = [Decimal(int(pence)) / 100 for pence in frame[name]]
        frame[name] = pd.Series(pounds, index=frame.index, dtype=object)
    return frame


def _rows(path: Path) -> list[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        # Exact duplicates of rows are errors in the file.
        distinct = dict.fromkeys(tuple(row.items()) for row in reader)
    return [dict(row) for row in distinct]
