/*
description = """
Which networks sent events, by day (UTC) of arrival: the most shoppers with one product first. Many new shoppers
with one product, and cart adds that no cart received, suggest forged events. A network has a different key each
day. Models limit what a network weighs; counts in other reports contain all events."""
scope = ["staff"]

[parameters.start_date]
type = "Date"
default = 1970-01-02
description = "The first day (UTC)."

[parameters.end_date]
type = "Date"
default = 2149-06-04
not_before = "start_date"
description = "The last day (UTC)."

[parameters.product_limit]
type = "UInt64"
default = 3
minimum = 1
maximum = 100000
description = "A product with more shoppers of one network than this is counted in products_over_limit."

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of rows."

[columns]
day = { type = "Date", description = "The day (UTC) on which the events arrived." }
source = { type = "String", description = "The key of the network on that day, in hexadecimal digits." }
events = { type = "UInt64", description = "Events from the network." }
shoppers = { type = "UInt64", description = "Identified shoppers." }
new_shoppers = { type = "UInt64", description = "Shoppers whose first event arrived on that day." }
product = { type = "UInt64", description = "The product with which most shoppers interacted." }
product_shoppers = { type = "UInt64", description = "How many shoppers interacted with it." }
products_over_limit = { type = "UInt64", description = "Products with more shoppers than product_limit." }
cart_adds = { type = "UInt64", description = "Cart adds that clients reported." }
carted = { type = "UInt64", description = "Cart adds of those shoppers and products that the shop's carts received, on any day." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    sent AS
    (
        SELECT toDate(arrived_at) AS arrived_on, source_key, shopper_key, product_id, type
        FROM events FINAL
        WHERE day BETWEEN toDate32({start_date:Date}) - 9 AND toDate32({end_date:Date}) + 2
          AND source_key != 0
          AND toDate(arrived_at) BETWEEN {start_date:Date} AND {end_date:Date}
    ),
    known AS
    (
        SELECT shopper_key, toDate(min(arrived_at)) AS first_on
        FROM events FINAL
        WHERE shopper_key IN (SELECT shopper_key FROM sent WHERE shopper_key != nil)
        GROUP BY shopper_key
    ),
    received AS
    (
        SELECT DISTINCT shopper_key, product_id, 1 AS is_received
        FROM events FINAL
        WHERE type = 'carted' AND shopper_key IN (SELECT shopper_key FROM sent)
    ),
    by_product AS
    (
        SELECT
            arrived_on,
            source_key,
            product_id,
            uniqExactIf(shopper_key, shopper_key != nil) AS shoppers
        FROM sent
        WHERE product_id > 0
        GROUP BY arrived_on, source_key, product_id
    ),
    products AS
    (
        SELECT
            arrived_on,
            source_key,
            argMax(product_id, (shoppers, -toInt64(product_id))) AS product,
            max(shoppers) AS product_shoppers,
            countIf(shoppers > {product_limit:UInt64}) AS products_over_limit
        FROM by_product
        GROUP BY arrived_on, source_key
    )
SELECT
    sent.arrived_on AS day,
    lower(hex(sent.source_key)) AS source,
    count() AS events,
    uniqExactIf(sent.shopper_key, sent.shopper_key != nil) AS shoppers,
    uniqExactIf(sent.shopper_key, sent.shopper_key != nil AND known.first_on = sent.arrived_on) AS new_shoppers,
    any(products.product) AS product,
    any(products.product_shoppers) AS product_shoppers,
    any(products.products_over_limit) AS products_over_limit,
    countIf(sent.type = 'cart_add') AS cart_adds,
    countIf(sent.type = 'cart_add' AND received.is_received = 1) AS carted
FROM sent
LEFT JOIN known ON known.shopper_key = sent.shopper_key
LEFT JOIN received ON received.shopper_key = sent.shopper_key AND received.product_id = sent.product_id
LEFT JOIN products ON products.arrived_on = sent.arrived_on AND products.source_key = sent.source_key
GROUP BY sent.arrived_on, sent.source_key
ORDER BY product_shoppers DESC, cart_adds DESC, day, source
LIMIT {limit:UInt64}
