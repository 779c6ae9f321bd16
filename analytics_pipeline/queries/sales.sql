-- What was sold and what came back, by period and currency.
-- scope: staff, seller
-- start_date: the first day
-- end_date: the last day
-- group_by: day, week or month
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
