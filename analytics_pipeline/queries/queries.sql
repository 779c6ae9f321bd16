-- What was searched for and what came of it. Searches are first pages; an empty one found nothing.
-- scope: staff
-- start_date: the first day (UTC)
-- end_date: the last day (UTC)
-- limit: the most rows
WITH shown AS
(
    SELECT event_id, lower(trim(query)) AS query, shopper_key, page, empty(product_ids) AS is_empty
    FROM events FINAL
    WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
      AND type = 'exposure' AND surface = 'search' AND query != ''
),
answers AS
(
    SELECT exposure_id, countIf(type = 'click') AS clicked, countIf(type = 'cart_add') AS added
    FROM events FINAL
    WHERE day >= {start_date:Date} AND day <= addDays(toDate32({end_date:Date}), 7)
      AND type IN ('click', 'cart_add')
      AND exposure_id IN (SELECT event_id FROM shown)
    GROUP BY exposure_id
)
SELECT
    query,
    countIf(page = 1) AS searches,
    uniqExact(shopper_key) AS shoppers,
    countIf(page = 1 AND is_empty) AS empty_searches,
    sum(clicked) AS clicks,
    round(if(searches = 0, 0, countIf(clicked > 0) / count()), 4) AS click_through,
    sum(added) AS cart_adds
FROM shown
LEFT JOIN answers ON shown.event_id = answers.exposure_id
GROUP BY query
ORDER BY searches DESC, query
LIMIT {limit:UInt64}
