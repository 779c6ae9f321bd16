/*
description = """
From views of products' pages to carts and orders, by product, category, brand or seller. A viewer is a shopper who
viewed a product's page in the period; a shopper of two products counts for each, so that the counts of all parts add up.
A viewer carted the product if the shop's carts recorded it after the first of these views, and ordered it if an order
was confirmed after it, both in the same period. What a shopper did as a guest counts for the account. The _low and _high
of a rate are its 95 % interval (Wilson 1927)."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
level = "shared"
category = "shared"
brand = "shared"

[parameters.group_by]
type = "String"
default = "none"
choices = ["none", "day", "week", "month"]
description = "The length of a period; none for one period."

[parameters.breakdown]
type = "String"
default = "product"
choices = ["none", "product", "category", "brand", "seller"]
description = "The property of products that divides the rows, as it is at present."

[parameters.bots]
type = "String"
default = "exclude"
choices = ["exclude", "include", "only"]
description = "Whether shoppers count of whom a bot viewed the product, or only they."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows; in each period the parts with the most viewers first."

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01; empty without periods." }
part = { type = "String", description = "The product's id, category's path, brand or seller's id; empty if it is not known." }
title = { type = "String", description = "With breakdown=product: the title of the product." }
views = { type = "UInt64", description = "Views of products' pages, also by shoppers who are not identified." }
viewers = { type = "UInt64", description = "Identified shoppers who viewed a product's page, for each product." }
carted = { type = "UInt64", description = "Viewers who added the product to the cart after that." }
cart_rate = { type = "Float64", description = "carted / viewers; 0 without viewers." }
cart_rate_low = { type = "Float64", description = "The lower end of its interval." }
cart_rate_high = { type = "Float64", description = "The upper end of its interval." }
ordered = { type = "UInt64", description = "Viewers who ordered the product after that." }
conversion = { type = "Float64", description = "ordered / viewers; 0 without viewers." }
conversion_low = { type = "Float64", description = "The lower end of its interval." }
conversion_high = { type = "Float64", description = "The upper end of its interval." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    1.959964 AS z,
    arrayMap(
        some -> if(viewers = 0, (0., 0., 0.), (
            round(some / viewers, 4),
            round((some + z * z / 2 - z * sqrt(some * (viewers - some) / viewers + z * z / 4)) / (viewers + z * z), 4),
            round((some + z * z / 2 + z * sqrt(some * (viewers - some) / viewers + z * z / 4)) / (viewers + z * z), 4)
        )),
        [carted, ordered]
    ) AS rates
SELECT
    period,
    part,
    title,
    views,
    viewers,
    carted,
    rates[1].1 AS cart_rate,
    rates[1].2 AS cart_rate_low,
    rates[1].3 AS cart_rate_high,
    ordered,
    rates[2].1 AS conversion,
    rates[2].2 AS conversion_low,
    rates[2].3 AS conversion_high
FROM
(
    SELECT
        period,
        multiIf(
            {breakdown:String} = 'product', toString(product_id),
            {breakdown:String} = 'category',
            arrayStringConcat(arraySlice(splitByString(' > ', toString(listed.category_path)), 1, {level:UInt64}), ' > '),
            {breakdown:String} = 'brand', toString(listed.brand),
            {breakdown:String} = 'seller', if(listed.seller_id = 0, '', toString(listed.seller_id)),
            ''
        ) AS part,
        if({breakdown:String} = 'product', any(listed.title), '') AS title,
        sum(visits.seen) AS views,
        countIf(shopper != nil) AS viewers,
        countIf(shopper != nil AND last_carted >= first_viewed) AS carted,
        countIf(shopper != nil AND last_ordered >= first_viewed) AS ordered
    FROM
    (
        SELECT
            multiIf(
                {group_by:String} = 'none', '',
                {group_by:String} = 'month', formatDateTime(local_day, '%Y-%m'),
                {group_by:String} = 'week', toString(toMonday(local_day)),
                toString(local_day)
            ) AS period,
            product_id,
            shopper,
            sum(found.views) AS seen,
            minIf(viewed_at, found.views > 0) AS first_viewed,
            max(carted_at) AS last_carted,
            max(ordered_at) AS last_ordered
        FROM
        (
            SELECT
                parts.*,
                toDate(quarter, {time_zone:String}) AS local_day,
                if(known.account_key != nil, known.account_key, parts.shopper_key) AS shopper
            FROM product_visits(dirty_days = {product_visits_dirty:Array(Date)}) AS parts
            LEFT JOIN shopper_identities AS known ON parts.shopper_key = known.anonymous_key
            WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
              AND local_day BETWEEN {start_date:Date} AND {end_date:Date}
        ) AS found
        -- Views of unknown shoppers are divided by what is known of each, those of others by shopper.
        GROUP BY period, product_id, shopper, if(shopper = nil, is_bot, false)
        HAVING seen > 0 AND ({bots:String} = 'include' OR max(is_bot) = ({bots:String} = 'only'))
    ) AS visits
    LEFT JOIN (SELECT product_id, title, category_path, brand, seller_id FROM products FINAL) AS listed USING (product_id)
    WHERE ({seller:UInt64} = 0 OR listed.seller_id = {seller:UInt64})
      AND ({brand:String} = '' OR listed.brand = {brand:String})
      AND ({category:String} = '' OR listed.category_path = {category:String}
           OR startsWith(listed.category_path, concat({category:String}, ' > ')))
    GROUP BY period, part
)
ORDER BY period, viewers DESC, views DESC, part
LIMIT {limit:UInt64}
