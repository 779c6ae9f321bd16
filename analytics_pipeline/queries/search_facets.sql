/*
description = """
Filters that were used in searches, with or without a query, and what came of them. A list with several filters counts
for each of them, so the sum over filters may exceed the whole. Clicks count on the day of the list that they came
from, orders and revenue on their own day, credited to lists as in `exposure_revenue`. A filter with several currencies
has a row for each, and only the first of them has more than orders and revenue."""
scope = ["staff"]
days_around = 8

[parameters]
start_date = "shared"
end_date = "shared"
bots = "shared"

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of rows, most used filters first."

[columns]
facet = { type = "String", description = "The filter: brands, category, attr.colour, min_price …" }
value = { type = "String", description = "Its value; several selected values are one value." }
searches = { type = "UInt64", description = "First pages of results that were shown with the filter." }
shoppers = { type = "UInt64", description = "Identified shoppers who used it." }
empty_searches = { type = "UInt64", description = "Searches that found nothing." }
clicks = { type = "UInt64", description = "Clicks on results." }
click_through = { type = "Float64", description = "The share of result pages, including later ones, on which a result was clicked." }
cart_rate = { type = "Float64", description = "The share of result pages from which something was added to a cart, as recorded by the shop's carts." }
orders = { type = "UInt64", description = "Orders in this currency that are credited to lists with the filter." }
units = { type = "Int64", description = "Units that were sold." }
revenue = { type = "Decimal(38, 4)", description = "Amount of the sales less cancellations and returns." }
currency = { type = "String", description = "ISO 4217; empty if there is no revenue." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    counted AS
    (
        SELECT
            facet,
            value,
            count() AS pages,
            countIf(page = 1) AS searches,
            uniqExactIf(
                if(known.account_key != nil, known.account_key, lists.shopper_key), lists.shopper_key != nil
            ) AS shoppers,
            countIf(page = 1 AND products = 0) AS empty_searches,
            sum(lists.clicks) AS clicks,
            countIf(lists.clicks > 0) AS clicked_pages,
            countIf(carted > 0) AS carted_pages
        FROM
        (
            SELECT
                page, products, shopper_key, clicks, carted,
                arrayJoin(JSONExtractKeysAndValues(filters, 'String')) AS used,
                used.1 AS facet,
                used.2 AS value
            FROM result_lists(dirty_days = {result_lists_dirty:Array(Date)})
            WHERE day BETWEEN toDate32({start_date:Date}) - 8 AND toDate32({end_date:Date}) + 8
              AND toDate(shown_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
              AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
        ) AS lists
        LEFT JOIN shopper_identities AS known ON lists.shopper_key = known.anonymous_key
        WHERE facet != 'sort_by'
        GROUP BY facet, value
    ),
    earned AS
    (
        SELECT *, row_number() OVER (PARTITION BY facet, value ORDER BY revenue DESC, currency) AS place
        FROM
        (
            SELECT
                used.1 AS facet,
                used.2 AS value,
                currency,
                uniqExactIf(order_id, kind = 'SALE') AS orders,
                sumIf(quantity, kind = 'SALE') AS units,
                sumIf(amount, kind = 'SALE') - sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS revenue
            FROM
            (
                SELECT *, arrayJoin(JSONExtractKeysAndValues(filters, 'String')) AS used
                FROM credited_movements(
                    start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}
                )
                WHERE surface = 'search'
            )
            WHERE facet != 'sort_by'
            GROUP BY facet, value, currency
        )
    )
SELECT
    if(earned.place = 0, counted.facet, earned.facet) AS facet,
    if(earned.place = 0, counted.value, earned.value) AS value,
    if(earned.place <= 1, counted.searches, 0) AS searches,
    if(earned.place <= 1, counted.shoppers, 0) AS shoppers,
    if(earned.place <= 1, counted.empty_searches, 0) AS empty_searches,
    if(earned.place <= 1, counted.clicks, 0) AS clicks,
    if(earned.place <= 1 AND pages > 0, round(clicked_pages / pages, 4), 0) AS click_through,
    if(earned.place <= 1 AND pages > 0, round(carted_pages / pages, 4), 0) AS cart_rate,
    earned.orders AS orders,
    earned.units AS units,
    earned.revenue AS revenue,
    toString(earned.currency) AS currency
FROM counted
FULL OUTER JOIN earned ON counted.facet = earned.facet AND counted.value = earned.value
ORDER BY counted.searches DESC, facet, value, earned.place
LIMIT {limit:UInt64}
