-- Customers with an account by recency, frequency and monetary value, in each currency in which they bought: days
-- between their last purchase and the end of the period, orders, and sales less cancellations and returns without tax.
-- The period ends with `end_date`, by default with the last sale. Of n customers, one whom k others surpass from below
-- (k have a strictly worse value) has the score 1 + floor(5 * k / n), so equal values have equal scores.
CREATE OR REPLACE VIEW customer_scores AS
WITH
    movements AS
    (
        SELECT *, toDate(occurred_at, {time_zone:String}) AS local_day
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
          AND customer_key != toUUID('00000000-0000-0000-0000-000000000000')
          AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
          AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
    ),
    customers AS
    (
        SELECT
            customer_key, currency,
            maxIf(local_day, kind = 'SALE') AS last_day,
            uniqExactIf(order_id, kind = 'SALE') AS orders,
            sum(if(kind = 'SALE', amount, -amount)) AS net
        FROM movements
        GROUP BY customer_key, currency
        HAVING orders > 0
    ),
    ranked AS
    (
        SELECT
            *,
            if({end_date:Date} = toDate('2149-06-04'), max(last_day) OVER (), {end_date:Date}) AS period_end,
            count() OVER (PARTITION BY currency) AS n,
            rank() OVER (PARTITION BY currency ORDER BY last_day) - 1 AS less_recent,
            rank() OVER (PARTITION BY currency ORDER BY orders) - 1 AS less_frequent,
            rank() OVER (PARTITION BY currency ORDER BY net) - 1 AS less_monetary
        FROM customers
    )
SELECT
    customer_key,
    currency,
    last_day,
    toUInt64(period_end - last_day) AS recency_days,
    orders,
    net,
    1 + intDiv(5 * less_recent, n) AS recency,
    1 + intDiv(5 * less_frequent, n) AS frequency,
    1 + intDiv(5 * less_monetary, n) AS monetary,
    multiIf(
        recency >= 5 AND frequency >= 4, 'champions',
        recency >= 3 AND frequency >= 4, 'loyal',
        recency >= 4 AND frequency >= 2, 'potential_loyal',
        recency = 5, 'new',
        recency = 4, 'promising',
        recency = 3 AND frequency = 3, 'need_attention',
        recency = 3, 'about_to_sleep',
        frequency = 5, 'cannot_lose',
        frequency >= 3, 'at_risk',
        'hibernating'
    ) AS segment
FROM ranked
