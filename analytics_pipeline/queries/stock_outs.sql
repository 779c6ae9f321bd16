/*
description = """
How often and for how long products or variants were out of stock between start_date and end_date, and what shoppers
looked for meanwhile. A variant is out of stock while none of its units are available, from when it was first in stock;
a product while all of its variants are. The range ends now if end_date is later. Events count by quarter hours: those
in whose middle the product was out of stock. docs/decisions/lost-demand.md says where the times come from."""
scope = ["staff", "seller"]
days_around = 8

[parameters]
start_date = "shared"
end_date = "shared"
category = "shared"
brand = "shared"
product = "shared"

[parameters.unit]
type = "String"
default = "product"
choices = ["product", "variant"]
description = "What a row is about."

[parameters.state]
type = "String"
default = "any"
choices = ["any", "out", "available"]
description = "Only what was out of stock, or available, at the end of the range."

[parameters.bots]
type = "String"
default = "exclude"
choices = ["exclude", "include", "only"]
description = "Whether views, lists and wishes of known bots count, or only they."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows, those that were out of stock for longest first."

[columns]
product_id = { type = "UInt64", description = "The product." }
variant_id = { type = "UInt64", description = "The variant; 0 with unit=product." }
title = { type = "String", description = "The title of the product at present." }
state = { type = "String", description = "out or available, at the end of the range." }
since = { type = "String", description = "When this state began (UTC)." }
periods = { type = "UInt64", description = "Periods out of stock that overlap the range." }
hours = { type = "Float64", description = "Hours out of stock in the range." }
longest_hours = { type = "Float64", description = "The longest of the periods, its part in the range." }
share = { type = "Float64", description = "hours, divided by the hours since the unit was first in stock, both in the range." }
views = { type = "UInt64", description = "Views of the product's page while the unit was out of stock." }
search_lists = { type = "UInt64", description = "Lists of search results with the product meanwhile." }
wishes = { type = "UInt64", description = "Additions of the product to wishlists meanwhile." }
*/
WITH
    toDateTime64({start_date:Date}, 3, {time_zone:String}) AS range_begin,
    least(toDateTime64({end_date:Date} + 1, 3, {time_zone:String}), now64(3)) AS range_end,
    ranged AS
    (
        SELECT
            *,
            greatest(began_at, range_begin) AS first_at,
            least(ended_at, range_end) AS last_at,
            dateDiff('millisecond', first_at, last_at) / 3600000 AS length
        FROM stock_periods(
            unit = {unit:String}, seller = {seller:UInt64}, product = {product:UInt64}, brand = {brand:String},
            category = {category:String}
        )
        WHERE first_at < last_at
    ),
    -- The events of a product until the middle of each quarter hour.
    interest AS
    (
        SELECT
            product_id,
            toDateTime64(quarter, 3, 'UTC') + INTERVAL 450 SECOND AS middle,
            sum(sum(views)) OVER of_product AS views,
            sum(sum(lists)) OVER of_product AS lists,
            sum(sum(wishes)) OVER of_product AS wishes
        FROM product_interest(dirty_days = {product_interest_dirty:Array(Date)})
        WHERE day BETWEEN toDate32({start_date:Date}) - 8 AND toDate32({end_date:Date}) + 8
          AND product_id IN (SELECT product_id FROM availability_changes WHERE NOT is_available)
          AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
        GROUP BY product_id, quarter
        WINDOW of_product AS (PARTITION BY product_id ORDER BY quarter)
    ),
    -- Both ends of each period. Those of periods out of stock have the events until then.
    edges AS
    (
        SELECT
            product_id, unit_id, is_out, began_at, length,
            arrayJoin([(first_at, -1), (last_at, 1)]) AS edge,
            edge.1 AS at,
            edge.2 AS sign
        FROM ranged
    ),
    units AS
    (
        SELECT
            edges.product_id AS product_id,
            edges.unit_id AS unit_id,
            if(argMax(edges.is_out, edges.began_at), 'out', 'available') AS state,
            max(edges.began_at) AS since,
            countIf(edges.is_out AND edges.sign = 1) AS periods,
            sumIf(edges.length, edges.is_out AND edges.sign = 1) AS hours,
            maxIf(edges.length, edges.is_out) AS longest_hours,
            hours / sumIf(edges.length, edges.sign = 1) AS share,
            toUInt64(sumIf(edges.sign * toInt64(interest.views), edges.is_out)) AS views,
            toUInt64(sumIf(edges.sign * toInt64(interest.lists), edges.is_out)) AS lists,
            toUInt64(sumIf(edges.sign * toInt64(interest.wishes), edges.is_out)) AS wishes
        FROM edges
        ASOF LEFT JOIN interest ON edges.product_id = interest.product_id AND edges.at > interest.middle
        GROUP BY product_id, unit_id
        HAVING periods > 0 AND ({state:String} = 'any' OR state = {state:String})
    )
SELECT
    product_id,
    toUInt64(unit_id) AS variant_id,
    titles.title AS title,
    state,
    formatDateTime(units.since, '%Y-%m-%d %H:%i:%S', 'UTC') AS since,
    periods,
    round(units.hours, 3) AS hours,
    round(units.longest_hours, 3) AS longest_hours,
    round(units.share, 6) AS share,
    views,
    lists AS search_lists,
    wishes
FROM units
LEFT JOIN (SELECT product_id, title FROM products FINAL) AS titles USING (product_id)
ORDER BY hours DESC, product_id, variant_id
LIMIT {limit:UInt64}
