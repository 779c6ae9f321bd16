/*
description = """
Recommendations that were shown and what came of them, by slot, algorithm and version of the model; with another
`surface`, other kinds of lists. Clicks and cart adds count in the period of the list that they came from, orders and
revenue in their own, credited to lists as in `exposure_revenue`, so that the revenue of all rows is that which the
order ledger credits to this kind of list. A row is in one currency, and only the first row of a list has more than
orders and revenue: sums of any count over all rows are exact. The _low and _high of a rate are its 95 % interval
(Wilson 1927), in which lists count as independent."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.group_by]
type = "String"
default = "none"
choices = ["none", "day", "week", "month"]
description = "The length of a period; none for one period."

[parameters.surface]
type = "String"
default = "recommendations"
choices = ["recommendations", "search", "search_as_you_type", "suggestions", "product_list", "all"]
description = "The kind of lists."

[parameters.breakdown]
type = "String"
default = "list"
choices = ["list", "position"]
description = "position: a row for each position, whose lists are those with a product there, and whose responses are about that product."

[parameters.bots]
type = "String"
default = "exclude"
choices = ["exclude", "include", "only"]
description = "Whether lists count whose shopper sent an event as a bot on the same day (UTC), or only they. Orders and revenue always count."

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01; empty without periods." }
surface = { type = "String", description = "The kind of lists." }
slot = { type = "String", description = "Where the recommendations were shown: user, product, together, cart, buy_again, trending, recent or search." }
algorithm = { type = "String", description = "The algorithm that made the list." }
version = { type = "String", description = "The version of the model, or the generation of the search index." }
position = { type = "UInt64", description = "The position, from 1 through all pages; 0 without breakdown=position." }
lists = { type = "UInt64", description = "Lists that were shown." }
clicked_lists = { type = "UInt64", description = "Those from which a product was clicked." }
click_through = { type = "Float64", description = "clicked_lists / lists; 0 without lists." }
click_through_low = { type = "Float64", description = "The lower end of its interval." }
click_through_high = { type = "Float64", description = "The upper end of its interval." }
carted_lists = { type = "UInt64", description = "Lists from which a product was added to a cart, as recorded by the shop's carts." }
cart_rate = { type = "Float64", description = "carted_lists / lists; 0 without lists." }
cart_rate_low = { type = "Float64", description = "The lower end of its interval." }
cart_rate_high = { type = "Float64", description = "The upper end of its interval." }
ordered_lists = { type = "UInt64", description = "Lists, shown in this period, that are credited with a sale until end_date." }
conversion = { type = "Float64", description = "ordered_lists / lists; 0 without lists." }
conversion_low = { type = "Float64", description = "The lower end of its interval." }
conversion_high = { type = "Float64", description = "The upper end of its interval." }
clicks = { type = "UInt64", description = "Clicks on products in the lists." }
orders = { type = "UInt64", description = "Orders in this currency that are credited to the lists." }
units = { type = "Int64", description = "Units that were sold." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
revenue = { type = "Decimal(38, 4)", description = "gross - returns." }
currency = { type = "String", description = "ISO 4217; empty if there is no revenue." }
*/
WITH
    1.959964 AS z,
    arrayMap(
        (some, of) -> if(of = 0, (0., 0., 0.), (
            round(some / of, 4),
            round((some + z * z / 2 - z * sqrt(some * (of - some) / of + z * z / 4)) / (of + z * z), 4),
            round((some + z * z / 2 + z * sqrt(some * (of - some) / of + z * z / 4)) / (of + z * z), 4)
        )),
        -- An order may be credited to a list that isn't counted, because it was a bot's.
        [clicked_lists, carted_lists, least(ordered_lists, lists)],
        [lists, lists, lists]
    ) AS rates,
    counted AS
    (
        SELECT
            multiIf(
                {group_by:String} = 'none', '',
                {group_by:String} = 'month', formatDateTime(local_day, '%Y-%m'),
                {group_by:String} = 'week', toString(toMonday(local_day)),
                toString(local_day)
            ) AS period,
            toString(surface) AS surface,
            toString(slot) AS slot,
            toString(algorithm) AS algorithm,
            toString(list_version) AS version,
            position,
            sum(lists) AS lists,
            sum(clicked_lists) AS clicked_lists,
            sum(carted_lists) AS carted_lists,
            sum(clicks) AS clicks
        FROM
        (
            SELECT *, toDate(quarter, {time_zone:String}) AS local_day
            FROM list_counts(dirty_days = {list_counts_dirty:Array(Date)})
            WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
              AND local_day BETWEEN {start_date:Date} AND {end_date:Date}
              AND (surface = {surface:String} OR {surface:String} = 'all')
              AND (position > 0) = ({breakdown:String} = 'position')
              AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
        )
        GROUP BY period, surface, slot, algorithm, version, position
    ),
    -- Each credited movement twice: in its own period, and for the lists in that of its list.
    credited AS
    (
        SELECT
            * EXCEPT (position),
            if({breakdown:String} = 'position', position, 0) AS position,
            list_version AS version,
            arrayJoin([false, true]) AS is_list,
            if(is_list, toDate(list_shown_at, {time_zone:String}), local_day) AS counted_on,
            multiIf(
                {group_by:String} = 'none', '',
                {group_by:String} = 'month', formatDateTime(counted_on, '%Y-%m'),
                {group_by:String} = 'week', toString(toMonday(counted_on)),
                toString(counted_on)
            ) AS period
        FROM credited_movements(start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String})
        WHERE credited
          AND (surface = {surface:String} OR {surface:String} = 'all')
          AND counted_on >= {start_date:Date}
          AND (NOT is_list OR kind = 'SALE')
    ),
    earned AS
    (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY period, surface, slot, algorithm, version, position ORDER BY revenue DESC, currency
            ) AS place,
            uniqExactMerge(sold_lists) OVER (
                PARTITION BY period, surface, slot, algorithm, version, position
            ) AS ordered_lists
        FROM
        (
            SELECT
                period, surface, slot, algorithm, version, position, currency,
                uniqExactStateIf(list_id, is_list) AS sold_lists,
                uniqExactIf(order_id, NOT is_list AND kind = 'SALE') AS orders,
                sumIf(quantity, NOT is_list AND kind = 'SALE') AS units,
                sumIf(amount, NOT is_list AND kind = 'SALE') AS gross,
                sumIf(amount, NOT is_list AND kind IN ('CANCEL', 'RETURN')) AS returns,
                gross - returns AS revenue
            FROM credited
            GROUP BY period, surface, slot, algorithm, version, position, currency
        )
    )
SELECT
    period,
    surface,
    slot,
    algorithm,
    version,
    position,
    if(earned.place <= 1, counted.lists, 0) AS lists,
    if(earned.place <= 1, counted.clicked_lists, 0) AS clicked_lists,
    rates[1].1 AS click_through,
    rates[1].2 AS click_through_low,
    rates[1].3 AS click_through_high,
    if(earned.place <= 1, counted.carted_lists, 0) AS carted_lists,
    rates[2].1 AS cart_rate,
    rates[2].2 AS cart_rate_low,
    rates[2].3 AS cart_rate_high,
    if(earned.place <= 1, earned.ordered_lists, 0) AS ordered_lists,
    rates[3].1 AS conversion,
    rates[3].2 AS conversion_low,
    rates[3].3 AS conversion_high,
    if(earned.place <= 1, counted.clicks, 0) AS clicks,
    earned.orders AS orders,
    earned.units AS units,
    earned.gross AS gross,
    earned.returns AS returns,
    earned.revenue AS revenue,
    toString(earned.currency) AS currency
FROM counted
FULL OUTER JOIN earned USING (period, surface, slot, algorithm, version, position)
ORDER BY period, surface, slot, algorithm, version, position, earned.place
