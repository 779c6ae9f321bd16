"""The kinds of catalogue files that can be read."""

from functools import partial

from backend.importing.catalogue import amazon_in, crowdflower, online_retail, plain_csv
from backend.importing.catalogue.row import Format

NAMES = ("amazon-in", "crowdflower", "online-retail", "csv")


def catalogue_format(name: str, *, currency: str) -> Format:
    """Return the format called `name`, one of NAMES; `currency` is that of files that name none."""
    formats = {
        "amazon-in": Format(amazon_in.HEADER, amazon_in.read),
        "crowdflower": Format(crowdflower.HEADER, partial(crowdflower.read, currency=currency)),
        "online-retail": Format(online_retail.HEADER, online_retail.read),
        "csv": Format(plain_csv.HEADER, partial(plain_csv.read, currency=currency)),
    }
    return formats[name]
