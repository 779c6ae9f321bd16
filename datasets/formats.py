"""The converters by their `--format` names."""

from datasets import amazon_in, crowdflower, online_retail
from datasets.rows import CatalogueConverter, OrdersConverter

CATALOGUES = {
    "amazon-in": CatalogueConverter(amazon_in.COLUMNS, amazon_in.convert),
    "crowdflower": CatalogueConverter(crowdflower.COLUMNS, crowdflower.convert),
    "online-retail": CatalogueConverter(online_retail.COLUMNS, online_retail.convert_products),
}
ORDERS = {
    "online-retail": OrdersConverter(online_retail.COLUMNS, online_retail.convert_orders, online_retail.skus),
}
