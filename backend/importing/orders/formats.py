"""The kinds of files of past orders that can be read."""

from functools import partial

from backend.importing.online_retail import HEADER as ONLINE_RETAIL_HEADER
from backend.importing.orders import online_retail, plain_csv
from backend.importing.orders.row import Format

NAMES = ("online-retail", "csv")


def orders_format(name: str, *, currency: str) -> Format:
    """Return the format called `name`, one of NAMES; `currency` is that of files that name none."""
    formats = {
        "online-retail": Format(ONLINE_RETAIL_HEADER, online_retail.read, online_retail.skus),
        "csv": Format(plain_csv.HEADER, partial(plain_csv.read, currency=currency), plain_csv.skus),
    }
    return formats[name]
