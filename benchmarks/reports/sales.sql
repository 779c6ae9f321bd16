-- The question of the reports of sales, asked of the events and the facts of their orders.
SELECT
    toDate(occurred_at) AS day,
    currency,
    sum(quantity) AS units,
    sum(amount) AS gross,
    uniqExact(order_id) AS orders
FROM
(
    SELECT order_id, any(occurred_at) AS occurred_at
    FROM events FINAL
    WHERE type = 'order'
    GROUP BY order_id
) AS placed
JOIN
(
    SELECT order_id, currency, quantity, amount
    FROM order_facts FINAL
    WHERE kind = 'SALE'
) AS facts USING order_id
GROUP BY day, currency
ORDER BY day, currency
