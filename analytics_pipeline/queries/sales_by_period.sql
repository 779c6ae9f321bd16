/*
description = """
Sales, and cancellations and returns, by period and currency. Amounts are lines after discounts, without tax,
shipping and charges. Cancellations and returns count in the period in which they happened. `sales` has the same figures,
and breakdowns, filters and comparisons, in twice the time."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
group_by = "shared"

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01." }
units = { type = "Int64", description = "Units that were sold." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
net = { type = "Decimal(38, 4)", description = "gross - returns." }
orders = { type = "UInt64", description = "Orders that were confirmed." }
buyers = { type = "UInt64", description = "Customers with an account who bought something." }
currency = { type = "String", description = "ISO 4217." }
*/
SELECT
    multiIf(
        {group_by:String} = 'month', formatDateTime(day, '%Y-%m'),
        {group_by:String} = 'week', toString(toMonday(day)),
        toString(day)
    ) AS period,
    sumIf(quantity, kind = 'SALE') AS units,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS net,
    uniqExactIf(order_id, kind = 'SALE') AS orders,
    uniqExactIf(customer_key, kind = 'SALE' AND customer_key != toUUID('00000000-0000-0000-0000-000000000000')) AS buyers,
    currency
FROM
(
    SELECT *, toDate(occurred_at, {time_zone:String}) AS day
    FROM order_facts FINAL
    WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
      AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
      AND occurred_at >= toDateTime64({start_date:Date}, 3, 'UTC') - INTERVAL 1 DAY
      AND occurred_at < toDateTime64({end_date:Date}, 3, 'UTC') + INTERVAL 2 DAY
)
WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
GROUP BY period, currency
ORDER BY period, currency
