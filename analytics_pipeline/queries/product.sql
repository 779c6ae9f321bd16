/*
description = """
Views, clicks, cart adds and revenue of one product, by period. Revenue is net of cancellations and
returns. What known bots do is left out, unless `bots` is given."""
scope = ["staff", "seller"]
days_around = 2

[parameters]
product = { type = "UInt64", minimum = 1, description = "The product's id." }
start_date = "shared"
end_date = "shared"
group_by = "shared"
bots = "shared"

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01." }
impressions = { type = "UInt64", description = "Lists with the product that were shown." }
views = { type = "UInt64", description = "Views of the product's page." }
clicks = { type = "UInt64", description = "Clicks on the product in a list." }
cart_adds = { type = "Int64", description = "Units that were added to carts." }
units = { type = "Int64", description = "Units that were sold." }
revenue = { type = "Decimal(38, 4)", description = "Amount of the sales less cancellations and returns." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH counted AS
(
    SELECT
        toDate(quarter, {time_zone:String}) AS local_day,
        sumIf(events, type = 'exposure') AS impressions,
        sumIf(events, type = 'view') AS views,
        sumIf(events, type = 'click') AS clicks,
        sumIf(quantity, type = 'cart_add') AS cart_adds
    FROM product_counts(dirty_days = {product_counts_dirty:Array(Date)})
    WHERE product_id = {product:UInt64}
      AND day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
      AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
      AND (
          {seller:UInt64} = 0
          OR product_id IN (SELECT product_id FROM products FINAL WHERE seller_id = {seller:UInt64})
      )
    GROUP BY local_day
),
earned AS
(
    SELECT
        toDate(occurred_at, {time_zone:String}) AS day,
        currency,
        sumIf(quantity, kind = 'SALE') AS units,
        sumIf(amount, kind = 'SALE') - sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS revenue
    FROM order_facts FINAL
    WHERE product_id = {product:UInt64}
      AND kind IN ('SALE', 'CANCEL', 'RETURN')
      AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
    GROUP BY day, currency
),
listed AS
(
    SELECT anyLast(currency) AS currency FROM products FINAL WHERE product_id = {product:UInt64}
)
SELECT
    multiIf(
        {group_by:String} = 'month', formatDateTime(day, '%Y-%m'),
        {group_by:String} = 'week', toString(toMonday(day)),
        toString(day)
    ) AS period,
    sum(impressions) AS impressions,
    sum(views) AS views,
    sum(clicks) AS clicks,
    sum(cart_adds) AS cart_adds,
    sum(units) AS units,
    sum(revenue) AS revenue,
    currency
FROM
(
    SELECT local_day AS day, assumeNotNull((SELECT currency FROM listed)) AS currency, impressions, views, clicks, cart_adds,
           0 AS units, toDecimal128(0, 4) AS revenue
    FROM counted
    UNION ALL
    SELECT day, currency, 0, 0, 0, 0, units, revenue
    FROM earned
)
WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
GROUP BY period, currency
ORDER BY period, currency
