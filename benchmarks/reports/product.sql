-- The question of the report `product`, asked of the events.
SELECT
    toDate(reported_at) AS day,
    countIf(type = 'exposure') AS impressions,
    countIf(type = 'view') AS views,
    countIf(type = 'click') AS clicks,
    sumIf(quantity, type = 'cart_add') AS cart_adds
FROM events FINAL
WHERE product_id = 77 OR has(product_ids, 77)
GROUP BY day
ORDER BY day
