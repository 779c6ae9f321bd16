-- What each query led to: one row for each query with enough distinct shoppers. Searches of shoppers who are not
-- identified don't count, because they can't be told apart, and those of known bots. Clicks are reported by clients, so that a query
-- weighs by its shoppers, and each of them at most once a day.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    sold AS
    (
        SELECT DISTINCT exposure_id
        FROM order_facts FINAL
        WHERE kind = 'SALE' AND exposure_id != nil
          AND occurred_at >= toDateTime({since:Date}) AND toDate(UUIDv7ToDateTime(exposure_id, 'UTC')) >= {since:Date}
    ),
    bought AS
    (
        SELECT lowerUTF8(trim(query)) AS query, day, shopper_key, 1 AS is_bought
        FROM events FINAL
        WHERE day >= {since:Date} AND type = 'exposure' AND surface = 'search' AND query != ''
          AND event_id IN (SELECT exposure_id FROM sold)
        GROUP BY query, day, shopper_key
    ),
    counted AS
    (
        SELECT
            results.query AS query,
            results.day AS day,
            if(known.account_key != nil, known.account_key, results.shopper_key) AS shopper,
            max(results.clicks > 0) AS clicked,
            max(results.carted > 0) AS carted,
            max(bought.is_bought) AS is_bought
        FROM result_lists(dirty_days = {result_lists_dirty:Array(Date)}) AS results
        LEFT JOIN shopper_identities AS known ON results.shopper_key = known.anonymous_key
        LEFT JOIN bought ON results.query = bought.query AND results.day = bought.day
            AND results.shopper_key = bought.shopper_key
        WHERE results.day BETWEEN {since:Date} AND {until:Date} AND results.shopper_key != nil AND results.query != ''
          AND NOT results.is_bot
        GROUP BY query, day, shopper
    )
SELECT
    query,
    uniqExactIf(shopper, clicked OR carted OR is_bought) AS shoppers,
    toFloat64(sum(clicked + 3 * carted + 10 * is_bought)) AS score,
    toFloat64(uniqExactIf(shopper, day > {lately_since:Date})) AS recent,
    uniqExactIf(shopper, day > {compared_since:Date} AND day <= {lately_since:Date}) / {weeks:Float64} AS before
FROM counted
GROUP BY query
HAVING shoppers >= {fewest:UInt64}
ORDER BY score DESC, query
LIMIT {limit:UInt64}
