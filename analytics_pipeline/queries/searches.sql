/*
description = """
Searches, clicks and revenue by period, for all queries and filters together. Clicks and cart adds count in the period
of the list that they came from, orders and revenue in their own, credited to lists as in `exposure_revenue`. A period
with several currencies has a row for each, and only the first of them has more than orders and revenue."""
scope = ["staff"]
days_around = 2

[parameters]
start_date = "shared"
end_date = "shared"
group_by = "shared"
bots = "shared"

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01." }
searches = { type = "UInt64", description = "First pages of results that were shown." }
shoppers = { type = "UInt64", description = "Identified shoppers who searched." }
empty_searches = { type = "UInt64", description = "Searches that found nothing." }
clicks = { type = "UInt64", description = "Clicks on results." }
click_through = { type = "Float64", description = "The share of result pages, including later ones, on which a result was clicked." }
mean_position = { type = "Float64", description = "The mean position of the clicked results, counted from 1 through all pages; 0 without clicks." }
mean_reciprocal_rank = { type = "Float64", description = "The mean, over the result pages, of 1 / position of the first click, or 0 without a click." }
cart_rate = { type = "Float64", description = "The share of result pages from which something was added to a cart, as recorded by the shop's carts." }
orders = { type = "UInt64", description = "Orders in this currency that are credited to searches." }
order_rate = { type = "Float64", description = "The orders of all currencies / searches." }
units = { type = "Int64", description = "Units that were sold." }
revenue = { type = "Decimal(38, 4)", description = "Amount of the sales less cancellations and returns." }
currency = { type = "String", description = "ISO 4217; empty if there is no revenue." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    counted AS
    (
        SELECT
            multiIf(
                {group_by:String} = 'month', formatDateTime(local_day, '%Y-%m'),
                {group_by:String} = 'week', toString(toMonday(local_day)),
                toString(local_day)
            ) AS period,
            count() AS pages,
            countIf(page = 1) AS searches,
            uniqExactIf(lists.shopper_key, lists.shopper_key != nil) AS shoppers,
            countIf(page = 1 AND products = 0) AS empty_searches,
            sum(lists.clicks) AS clicks,
            countIf(lists.clicks > 0) AS clicked_pages,
            sum(click_positions) AS positions,
            sumIf(1 / first_click_position, lists.clicks > 0) AS reciprocal_ranks,
            countIf(carted > 0) AS carted_pages
        FROM
        (
            SELECT *, toDate(shown_at, {time_zone:String}) AS local_day
            FROM shopper_lists(dirty_days = {shopper_lists_dirty:Array(Date)}, dirty_parts = {result_lists_dirty:Array(Date)})
            WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
              AND local_day BETWEEN {start_date:Date} AND {end_date:Date}
              AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
        ) AS lists
        GROUP BY period
    ),
    earned AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY period ORDER BY revenue DESC, currency) AS place,
            sum(orders) OVER (PARTITION BY period) AS all_orders
        FROM
        (
            SELECT
                multiIf(
                    {group_by:String} = 'month', formatDateTime(local_day, '%Y-%m'),
                    {group_by:String} = 'week', toString(toMonday(local_day)),
                    toString(local_day)
                ) AS period,
                currency,
                uniqExactIf(order_id, kind = 'SALE') AS orders,
                sumIf(quantity, kind = 'SALE') AS units,
                sumIf(amount, kind = 'SALE') - sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS revenue
            FROM credited_movements(
                start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}
            )
            WHERE surface = 'search'
            GROUP BY period, currency
        )
    )
SELECT
    if(earned.place = 0, counted.period, earned.period) AS period,
    if(earned.place <= 1, counted.searches, 0) AS searches,
    if(earned.place <= 1, counted.shoppers, 0) AS shoppers,
    if(earned.place <= 1, counted.empty_searches, 0) AS empty_searches,
    if(earned.place <= 1, counted.clicks, 0) AS clicks,
    if(earned.place <= 1 AND pages > 0, round(clicked_pages / pages, 4), 0) AS click_through,
    if(earned.place <= 1 AND counted.clicks > 0, round(positions / counted.clicks, 2), 0) AS mean_position,
    if(earned.place <= 1 AND pages > 0, round(reciprocal_ranks / pages, 4), 0) AS mean_reciprocal_rank,
    if(earned.place <= 1 AND pages > 0, round(carted_pages / pages, 4), 0) AS cart_rate,
    earned.orders AS orders,
    if(earned.place <= 1 AND counted.searches > 0, round(all_orders / counted.searches, 4), 0) AS order_rate,
    earned.units AS units,
    earned.revenue AS revenue,
    toString(earned.currency) AS currency
FROM counted
FULL OUTER JOIN earned ON counted.period = earned.period
ORDER BY period, earned.place
