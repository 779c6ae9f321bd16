-- The question of the report `queries`, asked of the events.
WITH
    lists AS
    (
        SELECT event_id, lowerUTF8(query) AS query, shopper_key, length(product_ids) AS products
        FROM events FINAL
        WHERE type = 'exposure' AND surface = 'search'
    ),
    clicks AS
    (
        SELECT exposure_id, count() AS clicks
        FROM events FINAL
        WHERE type = 'click'
        GROUP BY exposure_id
    )
SELECT query, count() AS searches, uniqExact(shopper_key) AS shoppers, countIf(products = 0) AS empty, sum(clicks) AS clicks
FROM lists
LEFT JOIN clicks ON lists.event_id = clicks.exposure_id
GROUP BY query
ORDER BY searches DESC, query
LIMIT 100
