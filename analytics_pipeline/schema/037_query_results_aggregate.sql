-- What was searched for and what came of it, by query, shopper and quarter hour (UTC) of the list: the rollup
-- is filled from it, and dirty days are read from it. A query is the same however it is capitalised. A click,
-- a reported cart add and one that a cart received count for the list that they name, from a day before it
-- (clients' clocks are wrong) to eight days after it; rollups.touched_days marks the list's day dirty when one
-- arrives. It replaces query_aggregate, which has no count of `carted`.
CREATE OR REPLACE VIEW query_results_aggregate AS
WITH
    shown AS
    (
        SELECT
            day,
            toDateTime(toStartOfInterval(reported_at, INTERVAL 15 MINUTE), 'UTC') AS quarter,
            event_id,
            lowerUTF8(trim(query)) AS query,
            shopper_key,
            page,
            empty(product_ids) AS is_empty
        FROM events FINAL
        WHERE day IN ({days:Array(Date)}) AND type = 'exposure' AND surface = 'search' AND query != ''
    ),
    responses AS
    (
        SELECT
            exposure_id,
            countIf(type = 'click') AS clicks,
            countIf(type = 'cart_add') AS cart_adds,
            countIf(type = 'carted') AS carted
        FROM events FINAL
        WHERE day IN (arrayFlatten(arrayMap(shown_on -> arrayMap(n -> shown_on + n - 1, range(10)), {days:Array(Date)})))
          AND type IN ('click', 'cart_add', 'carted')
          AND exposure_id IN (SELECT event_id FROM shown)
          AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
          AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
        GROUP BY exposure_id
    )
SELECT
    day,
    quarter,
    query,
    shopper_key,
    count() AS pages,
    countIf(page = 1) AS searches,
    countIf(page = 1 AND is_empty) AS empty_searches,
    countIf(responses.clicks > 0) AS clicked_pages,
    sum(responses.clicks) AS clicks,
    sum(responses.cart_adds) AS cart_adds,
    sum(responses.carted) AS carted
FROM shown
LEFT JOIN responses ON shown.event_id = responses.exposure_id
GROUP BY day, quarter, query, shopper_key
