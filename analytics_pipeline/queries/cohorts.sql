/*
description = """
Customers by the month of their first purchase, and what they did in that month and each later one, until the last month
in which customers bought or returned something. Customers are those with an account; they count in each currency in which
they bought. Amounts are lines after discounts, without tax, shipping and charges. An order that was cancelled later
counts as an order. Movements before the month of the first purchase, which are returns of unknown orders, don't count."""
scope = ["staff", "seller"]

[parameters.start_date]
type = "Date"
default = 1970-01-02
description = "The first day of first purchases, in the shop's time zone."

[parameters.end_date]
type = "Date"
default = 2149-06-04
not_before = "start_date"
description = "The last day of first purchases and of everything that is counted, in the shop's time zone."

[columns]
cohort = { type = "String", description = "The month of the first purchase: 2026-01." }
months_since = { type = "UInt64", description = "Months since then; 0 is the month of the first purchase." }
customers = { type = "UInt64", description = "Customers whose first purchase was in that month; the same in each row of a cohort." }
buyers = { type = "UInt64", description = "Those of them who bought something in this month." }
orders = { type = "UInt64", description = "Their orders in this month." }
net = { type = "Decimal(38, 4)", description = "Their sales less cancellations and returns in this month." }
net_so_far = { type = "Decimal(38, 4)", description = "net of this month and all earlier ones." }
repeat_customers = { type = "UInt64", description = "Those of them with a second order until the end of this month." }
repeat_rate = { type = "Float64", description = "repeat_customers / customers." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH
    by_month AS
    (
        SELECT
            customer_key, currency,
            toStartOfMonth(toDate(occurred_at, {time_zone:String})) AS month,
            minIf(toDate(occurred_at, {time_zone:String}), kind = 'SALE') AS first_sale,
            uniqExactIf(order_id, kind = 'SALE') AS orders,
            sum(if(kind = 'SALE', amount, -amount)) AS net
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
          AND customer_key != toUUID('00000000-0000-0000-0000-000000000000')
          AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
          AND toDate(occurred_at, {time_zone:String}) <= {end_date:Date}
        GROUP BY customer_key, currency, month
    ),
    with_firsts AS
    (
        SELECT
            *,
            minIf(first_sale, orders > 0) OVER of_customer AS first_day,
            sum(orders) OVER (of_customer ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS orders_so_far,
            max(month) OVER () AS last_month
        FROM by_month
        WINDOW of_customer AS (PARTITION BY customer_key, currency)
    ),
    sums AS
    (
        SELECT
            toStartOfMonth(first_day) AS first_month, currency, month,
            any(rows.last_month) AS last_month,
            countIf(month = first_month) AS new_customers,
            countIf(rows.orders > 0) AS buyers,
            sum(rows.orders) AS orders,
            sum(rows.net) AS net,
            countIf(orders_so_far > 1 AND orders_so_far - rows.orders < 2) AS new_repeat_customers
        FROM with_firsts AS rows
        WHERE first_day >= {start_date:Date} AND month >= toStartOfMonth(first_day)
        GROUP BY first_month, currency, month
    ),
    -- Each row with the months without a row that follow it.
    filled AS
    (
        SELECT
            * EXCEPT (month),
            arrayJoin(range(
                dateDiff('month', first_month, month),
                if(next_month = toDate(0), dateDiff('month', first_month, last_month) + 1,
                   dateDiff('month', first_month, next_month))
            )) AS months_since,
            months_since = dateDiff('month', first_month, month) AS is_found
        FROM
        (
            SELECT
                *,
                leadInFrame(month) OVER
                (
                    PARTITION BY first_month, currency ORDER BY month
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS next_month
            FROM sums
        )
    )
SELECT
    formatDateTime(first_month, '%Y-%m') AS cohort,
    toUInt64(months_since) AS months_since,
    sum(new_customers * is_found) OVER (PARTITION BY first_month, currency) AS customers,
    filled.buyers * is_found AS buyers,
    filled.orders * is_found AS orders,
    filled.net * is_found AS net,
    sum(net) OVER until_then AS net_so_far,
    sum(new_repeat_customers * is_found) OVER until_then AS repeat_customers,
    repeat_customers / customers AS repeat_rate,
    currency
FROM filled
WINDOW until_then AS
    (PARTITION BY first_month, currency ORDER BY months_since ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
ORDER BY cohort, currency, months_since
