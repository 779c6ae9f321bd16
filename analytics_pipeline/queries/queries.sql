/*
description = """
Search queries and what came of them. Upper and lower case are not distinguished. Clicks and cart adds count on the
day of the list that they came from, orders and revenue on their own day, credited to lists as in
`exposure_revenue`. A query that sold in several currencies has a row for each, and only the first of them has more
than orders and revenue, so that the sums over all rows are exact. The row without a query is for searches by filters
alone and for searches whose texts were deleted."""
scope = ["staff"]
days_around = 2

[parameters]
start_date = "shared"
end_date = "shared"
bots = "shared"

[parameters.refined_within]
type = "UInt64"
default = 5
minimum = 1
maximum = 1440
description = "The maximum number of minutes between a search and its refinement."

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of rows, most frequent queries first."

[columns]
query = { type = "String", description = "The query, in lower case." }
searches = { type = "UInt64", description = "First pages of results that were shown." }
shoppers = { type = "UInt64", description = "Identified shoppers who searched for it." }
empty_searches = { type = "UInt64", description = "Searches that found nothing." }
clicks = { type = "UInt64", description = "Clicks on results." }
click_through = { type = "Float64", description = "The share of result pages, including later ones, on which a result was clicked." }
cart_adds = { type = "UInt64", description = "Cart adds from the results, as clients report them." }
carted = { type = "UInt64", description = "Cart adds from the results that the shop's carts recorded." }
mean_position = { type = "Float64", description = "The mean position of the clicked results, counted from 1 through all pages; 0 without clicks." }
mean_reciprocal_rank = { type = "Float64", description = "The mean, over the result pages, of 1 / position of the first click, or 0 without a click." }
refinements = { type = "UInt64", description = "How often the same shopper searched for something else within refined_within minutes without clicking a result." }
cart_rate = { type = "Float64", description = "The share of result pages from which something was added to a cart, as recorded by the shop's carts." }
orders = { type = "UInt64", description = "Orders in this currency that are credited to the query." }
order_rate = { type = "Float64", description = "The orders of all currencies / searches." }
units = { type = "Int64", description = "Units that were sold." }
revenue = { type = "Decimal(38, 4)", description = "Amount of the sales less cancellations and returns." }
currency = { type = "String", description = "ISO 4217; empty if there is no revenue." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    earned AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY query ORDER BY revenue DESC, currency) AS place,
            sum(orders) OVER (PARTITION BY query) AS all_orders
        FROM
        (
            SELECT
                query,
                currency,
                uniqExactIf(order_id, kind = 'SALE') AS orders,
                sumIf(quantity, kind = 'SALE') AS units,
                sumIf(amount, kind = 'SALE') - sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS revenue
            FROM credited_movements(
                start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}
            )
            WHERE surface = 'search'
            GROUP BY query, currency
        )
    ),
    counted AS
    (
        SELECT
            query,
            count() AS pages,
            countIf(page = 1) AS searches,
            uniqExactIf(lists.shopper_key, lists.shopper_key != nil) AS shoppers,
            countIf(page = 1 AND products = 0) AS empty_searches,
            sum(lists.clicks) AS clicks,
            countIf(lists.clicks > 0) AS clicked_pages,
            sum(click_positions) AS positions,
            sumIf(1 / first_click_position, lists.clicks > 0) AS reciprocal_ranks,
            countIf(refined_after <= {refined_within:UInt64} * 60000) AS refinements,
            sum(lists.cart_adds) AS cart_adds,
            sum(lists.carted) AS carted,
            countIf(lists.carted > 0) AS carted_pages
        FROM shopper_lists(dirty_days = {shopper_lists_dirty:Array(Date)}, dirty_parts = {result_lists_dirty:Array(Date)})
            AS lists
        WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
          AND toDate(shown_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
          AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
        GROUP BY query
    )
SELECT
    if(earned.place = 0, counted.query, earned.query) AS query,
    if(earned.place <= 1, counted.searches, 0) AS searches,
    if(earned.place <= 1, counted.shoppers, 0) AS shoppers,
    if(earned.place <= 1, counted.empty_searches, 0) AS empty_searches,
    if(earned.place <= 1, counted.clicks, 0) AS clicks,
    if(earned.place <= 1 AND pages > 0, round(clicked_pages / pages, 4), 0) AS click_through,
    if(earned.place <= 1, counted.cart_adds, 0) AS cart_adds,
    if(earned.place <= 1, counted.carted, 0) AS carted,
    if(earned.place <= 1 AND counted.clicks > 0, round(positions / counted.clicks, 2), 0) AS mean_position,
    if(earned.place <= 1 AND pages > 0, round(reciprocal_ranks / pages, 4), 0) AS mean_reciprocal_rank,
    if(earned.place <= 1, counted.refinements, 0) AS refinements,
    if(earned.place <= 1 AND pages > 0, round(carted_pages / pages, 4), 0) AS cart_rate,
    earned.orders AS orders,
    if(earned.place <= 1 AND counted.searches > 0, round(all_orders / counted.searches, 4), 0) AS order_rate,
    earned.units AS units,
    earned.revenue AS revenue,
    toString(earned.currency) AS currency
FROM counted
FULL OUTER JOIN earned ON counted.query = earned.query
ORDER BY query = '', counted.searches DESC, query, earned.place
LIMIT {limit:UInt64}
