/*
description = """
Queries that found nothing, with or without filters, and the query that shoppers sent next most often. Upper and lower
case are not distinguished."""
scope = ["staff"]
days_around = 8

[parameters]
start_date = "shared"
end_date = "shared"
bots = "shared"

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
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil
SELECT
    query,
    empty_searches,
    searches,
    shoppers,
    last_day,
    if(next_searches = 0, '', following.1[place]) AS next_query,
    arrayMax(following.2) AS next_searches,
    if(next_searches = 0, 0, following.3[place]) AS next_clicks
FROM
(
    SELECT
        query,
        countIf(is_empty) AS empty_searches,
        count() AS searches,
        uniqExactIf(shopper, is_empty AND shopper != nil) AS shoppers,
        maxIf(toDate(shown_at, {time_zone:String}), is_empty) AS last_day,
        -- The queries that followed in alphabetical order, how often, and with how many clicks.
        sumMapIf([other_query], [toUInt64(1)], [other_clicks], is_followed) AS following,
        indexOf(following.2, arrayMax(following.2)) AS place
    FROM
    (
        SELECT
            *,
            is_empty
                AND other_query NOT IN ('', query)
                AND other_shown_at <= shown_at + toIntervalMinute({refined_within:UInt64}) AS is_followed
        FROM
        (
            SELECT
                query,
                shown_at,
                shopper,
                products = 0 AS is_empty,
                leadInFrame(query) OVER following AS other_query,
                leadInFrame(shown_at) OVER following AS other_shown_at,
                leadInFrame(clicks) OVER following AS other_clicks
            FROM
            (
                SELECT
                    shown.*,
                    if(known.account_key != nil, known.account_key, shown.shopper_key) AS shopper,
                    if(shopper = nil, exposure_id, shopper) AS chain
                FROM result_lists(dirty_days = {result_lists_dirty:Array(Date)}) AS shown
                LEFT JOIN shopper_identities AS known ON shown.shopper_key = known.anonymous_key
                WHERE day BETWEEN toDate32({start_date:Date}) - 8 AND toDate32({end_date:Date}) + 8
                  AND toDate(shown_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
                  AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
                  AND query != ''
                  AND page = 1
            )
            WINDOW following AS
            (
                PARTITION BY chain ORDER BY shown_at, exposure_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
            )
        )
    )
    GROUP BY query
    HAVING empty_searches > 0
)
ORDER BY empty_searches DESC, query
LIMIT {limit:UInt64}
