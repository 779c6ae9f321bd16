/*
description = """
Search queries with their clicks and cart adds. Upper and lower case are not distinguished. Clicks and cart
adds count on the day of the list that they came from."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of queries, most frequent first."

[columns]
query = { type = "String", description = "The query, in lower case." }
searches = { type = "UInt64", description = "First pages of results that were shown." }
shoppers = { type = "UInt64", description = "Identified shoppers who searched for it." }
empty_searches = { type = "UInt64", description = "Searches that found nothing." }
clicks = { type = "UInt64", description = "Clicks on results." }
click_through = { type = "Float64", description = "The share of result pages, including later ones, on which a result was clicked." }
cart_adds = { type = "UInt64", description = "Cart adds from the results, as clients report them." }
carted = { type = "UInt64", description = "Cart adds from the results that the shop's carts recorded." }
*/
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil
SELECT
    query,
    sum(counted.searches) AS searches,
    uniqExactIf(
        if(known.account_key != nil, known.account_key, counted.shopper_key), counted.shopper_key != nil
    ) AS shoppers,
    sum(counted.empty_searches) AS empty_searches,
    sum(counted.clicks) AS clicks,
    round(sum(counted.clicked_pages) / sum(counted.pages), 4) AS click_through,
    sum(counted.cart_adds) AS cart_adds,
    sum(counted.carted) AS carted
FROM
(
    SELECT *
    FROM query_results(dirty_days = {query_results_dirty:Array(Date)})
    WHERE day BETWEEN toDate32({start_date:Date}) - 8 AND toDate32({end_date:Date}) + 8
      AND toDate(quarter, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
) AS counted
LEFT JOIN shopper_identities AS known ON counted.shopper_key = known.anonymous_key
GROUP BY query
ORDER BY searches DESC, query
LIMIT {limit:UInt64}
