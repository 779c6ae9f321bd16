-- What was searched for and what came of it. Searches are first pages; an empty one found nothing. The
-- click-through is the share of all pages, later ones too, on which something was clicked.
-- scope: staff
-- start_date: the first day
-- end_date: the last day
-- limit: the most rows
WITH shown AS
(
    SELECT event_id, lowerUTF8(trim(query)) AS query, shopper_key, page, empty(product_ids) AS is_empty
    FROM events FINAL
    WHERE day BETWEEN {start_date:Date} - 1 AND {end_date:Date} + 1
      AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
      AND type = 'exposure' AND surface = 'search' AND query != ''
),
answers AS
(
    SELECT exposure_id, countIf(type = 'click') AS clicked, countIf(type = 'cart_add') AS added
    FROM events FINAL
    WHERE day >= {start_date:Date} - 1 AND day <= addDays(toDate32({end_date:Date}), 8)
      AND type IN ('click', 'cart_add')
      AND exposure_id IN (SELECT event_id FROM shown)
    GROUP BY exposure_id
)
SELECT
    query,
    countIf(page = 1) AS searches,
    uniqExactIf(shopper_key, shopper_key != toUUID('00000000-0000-0000-0000-000000000000')) AS shoppers,
    countIf(page = 1 AND is_empty) AS empty_searches,
    sum(clicked) AS clicks,
    round(countIf(clicked > 0) / count(), 4) AS click_through,
    sum(added) AS cart_adds
FROM shown
LEFT JOIN answers ON shown.event_id = answers.exposure_id
GROUP BY query
ORDER BY searches DESC, query
LIMIT {limit:UInt64}
