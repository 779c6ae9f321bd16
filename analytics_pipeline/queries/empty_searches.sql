/*
description = """
Queries that found nothing, with or without filters, and the query that shoppers sent next most often. Upper and lower
case are not distinguished."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.refined_within]
type = "UInt64"
default = 5
minimum = 1
maximum = 1440
description = "The maximum number of minutes between a search and the next one."

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of queries, most frequent first."

[columns]
query = { type = "String", description = "The query, in lower case." }
empty_searches = { type = "UInt64", description = "Searches that found nothing." }
searches = { type = "UInt64", description = "All searches for it." }
shoppers = { type = "UInt64", description = "Identified shoppers whose search found nothing." }
last_day = { type = "Date", description = "The last day (in the shop's time zone) on which a search found nothing." }
next_query = { type = "String", description = "The most frequent other query of the same shopper within refined_within minutes after a search that found nothing; empty if there is none." }
next_searches = { type = "UInt64", description = "How often it followed." }
next_clicks = { type = "UInt64", description = "Clicks on the results of these searches." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    searches AS
    (
        SELECT
            lists.*,
            if(known.account_key != nil, known.account_key, lists.shopper_key) AS shopper,
            products = 0 AS is_empty
        FROM
        (
            SELECT exposure_id, shown_at, query, shopper_key, products, clicks
            FROM search_lists(dirty_days = {search_lists_dirty:Array(Date)})
            WHERE day BETWEEN toDate32({start_date:Date}) - 8 AND toDate32({end_date:Date}) + 8
              AND toDate(shown_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
              AND query != ''
              AND page = 1
        ) AS lists
        LEFT JOIN shopper_identities AS known ON lists.shopper_key = known.anonymous_key
    ),
    followed AS
    (
        SELECT
            query,
            argMax(other_query, (times, other_query)) AS next_query,
            max(times) AS next_searches,
            argMax(found_clicks, (times, other_query)) AS next_clicks
        FROM
        (
            SELECT query, other_query, count() AS times, sum(other_clicks) AS found_clicks
            FROM
            (
                SELECT
                    query,
                    shown_at,
                    is_empty,
                    leadInFrame(query) OVER following AS other_query,
                    leadInFrame(shown_at) OVER following AS other_shown_at,
                    leadInFrame(clicks) OVER following AS other_clicks
                FROM searches
                WHERE shopper != nil
                WINDOW following AS
                (
                    PARTITION BY shopper ORDER BY shown_at, exposure_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
                )
            )
            WHERE is_empty
              AND other_query NOT IN ('', query)
              AND other_shown_at <= shown_at + toIntervalMinute({refined_within:UInt64})
            GROUP BY query, other_query
        )
        GROUP BY query
    )
SELECT
    counted.query AS query,
    counted.empty_searches AS empty_searches,
    counted.searches AS searches,
    counted.shoppers AS shoppers,
    counted.last_day AS last_day,
    followed.next_query AS next_query,
    followed.next_searches AS next_searches,
    followed.next_clicks AS next_clicks
FROM
(
    SELECT
        query,
        countIf(is_empty) AS empty_searches,
        count() AS searches,
        uniqExactIf(shopper, is_empty AND shopper != nil) AS shoppers,
        maxIf(toDate(shown_at, {time_zone:String}), is_empty) AS last_day
    FROM searches
    GROUP BY query
    HAVING empty_searches > 0
) AS counted
LEFT JOIN followed ON counted.query = followed.query
ORDER BY empty_searches DESC, query
LIMIT {limit:UInt64}
