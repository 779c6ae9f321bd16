/*
description = """
The orders behind the numbers of `sales`: what was sold, cancelled or returned in the period, by order and currency, the
latest first. The amounts and units of all orders add up to those of `sales` with the same parameters. A seller sees
what was sold of the own products."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
category = "shared"
brand = "shared"
product = "shared"

[parameters.country]
type = "String"
default = ""
description = "Only deliveries to this country."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows."

[columns]
day = { type = "Date", description = "The day of the order's last movement in the period, in the shop's time zone." }
order_id = { type = "UInt64", description = "The order." }
units = { type = "Int64", description = "Units that were sold." }
returned_units = { type = "Int64", description = "Units that were cancelled or returned." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
net = { type = "Decimal(38, 4)", description = "gross - returns." }
country = { type = "String", description = "The country of delivery; empty if it is not known." }
currency = { type = "String", description = "ISO 4217." }
*/
SELECT
    max(moved_on) AS day,
    order_id,
    sumIf(quantity, kind = 'SALE') AS units,
    sumIf(quantity, kind IN ('CANCEL', 'RETURN')) AS returned_units,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS net,
    toString(max(delivered_to)) AS country,
    currency
FROM
(
    SELECT *, toString(country) AS delivered_to, toDate(occurred_at, {time_zone:String}) AS moved_on
    FROM order_facts FINAL
    WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
      AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
      AND ({product:UInt64} = 0 OR product_id = {product:UInt64})
      AND ({brand:String} = '' OR brand = {brand:String})
      AND ({country:String} = '' OR country = {country:String})
      AND ({category:String} = '' OR category_path = {category:String}
           OR startsWith(category_path, concat({category:String}, ' > ')))
      AND occurred_at >= toDateTime64({start_date:Date}, 3, 'UTC') - INTERVAL 1 DAY
      AND occurred_at < toDateTime64({end_date:Date}, 3, 'UTC') + INTERVAL 2 DAY
) AS moved
WHERE moved_on BETWEEN {start_date:Date} AND {end_date:Date}
GROUP BY order_id, currency
ORDER BY day DESC, order_id DESC, currency
LIMIT {limit:UInt64}
