/*
description = """
Pairs of products that were bought in the same orders, and whether that was more often than by chance. Cancelled and
returned units count as bought. Significance is by Dunning's log-likelihood ratio G2 of the four counts of orders with both
products, with one, with the other and with none, which has a chi-squared distribution with one degree of freedom if both
are independent. p_value is its upper tail, multiplied by the number of pairs that were tested (Bonferroni, at most 1).
Pairs are tested if both products are among the most_products that most orders have and if they have at least
minimum_orders orders in common; fewer expected orders than 5 make the p-value inexact. Orders of more than 200 products,
which are resellers' as a rule, aren't counted."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.product]
type = "UInt64"
default = 0
description = "Only pairs with this product; 0 for all."

[parameters.minimum_orders]
type = "UInt64"
default = 5
minimum = 1
maximum = 1000000
description = "The lowest number of orders with both products."

[parameters.most_products]
type = "UInt64"
default = 500
minimum = 2
maximum = 5000
description = "How many products are compared, those in most orders first; it bounds the memory of the report."

[parameters.limit]
type = "UInt64"
default = 100
minimum = 1
maximum = 100000
description = "The maximum number of rows, the highest G2 first."

[columns]
product = { type = "UInt64", description = "A product; with the parameter product, this one, and otherwise that with the lower id." }
title = { type = "String", description = "Its title at present." }
other_product = { type = "UInt64", description = "The product that was bought with it." }
other_title = { type = "String", description = "The title of that product at present." }
orders = { type = "UInt64", description = "Orders with the product." }
other_orders = { type = "UInt64", description = "Orders with the other product." }
orders_with_both = { type = "UInt64", description = "Orders with both." }
all_orders = { type = "UInt64", description = "All orders that were counted." }
support = { type = "Float64", description = "orders_with_both / all_orders." }
confidence = { type = "Float64", description = "orders_with_both / orders: how many of those who buy the product buy the other one." }
lift = { type = "Float64", description = "confidence / (other_orders / all_orders); above 1 if the products attract each other." }
g2 = { type = "Float64", description = "The log-likelihood ratio." }
p_value = { type = "Float64", description = "The corrected p-value." }
tested_pairs = { type = "UInt64", description = "The number of pairs that were tested." }
*/
WITH
    baskets AS
    (
        SELECT order_id, groupUniqArray(product_id) AS products
        FROM order_facts FINAL
        WHERE kind = 'SALE'
          AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
          AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
        GROUP BY order_id
        HAVING length(products) <= 200
    ),
    toFloat64(assumeNotNull((SELECT count() FROM baskets))) AS n,
    -- The number of orders of each product that is compared.
    (
        SELECT mapFromArrays(groupArray(product_id), groupArray(found))
        FROM
        (
            SELECT arrayJoin(products) AS product_id, count() AS found
            FROM baskets
            GROUP BY product_id
            ORDER BY product_id = {product:UInt64} DESC, found DESC, product_id
            LIMIT {most_products:UInt64}
        )
    ) AS counts,
    pairs AS
    (
        SELECT
            kept[place] AS lower,
            arrayJoin(arraySlice(kept, place + 1)) AS higher,
            count() AS both
        FROM
        (
            SELECT kept, arrayJoin(arrayEnumerate(kept)) AS place
            FROM (SELECT arraySort(arrayIntersect(products, mapKeys(counts))) AS kept FROM baskets)
        )
        GROUP BY lower, higher
        HAVING both >= {minimum_orders:UInt64}
           AND ({product:UInt64} = 0 OR lower = {product:UInt64} OR higher = {product:UInt64})
    ),
    tested AS
    (
        SELECT
            if(higher = {product:UInt64}, higher, lower) AS one,
            if(higher = {product:UInt64}, lower, higher) AS other,
            toFloat64(pairs.both) AS both,
            toFloat64(counts[one]) AS with_one,
            toFloat64(counts[other]) AS with_other,
            count() OVER () AS tested_pairs,
            -- Of the four cells: observed orders, and those expected if both products are independent.
            [(both, with_one * with_other / n),
             (with_one - both, with_one * (n - with_other) / n),
             (with_other - both, (n - with_one) * with_other / n),
             (n - with_one - with_other + both, (n - with_one) * (n - with_other) / n)] AS cells,
            2 * arraySum(cell -> if(cell.1 = 0, 0, cell.1 * log(cell.1 / cell.2)), cells) AS ratio
        FROM pairs
    ),
    titles AS (SELECT product_id, title FROM products FINAL)
SELECT
    one AS product,
    first_titles.title AS title,
    other AS other_product,
    other_titles.title AS other_title,
    toUInt64(with_one) AS orders,
    toUInt64(with_other) AS other_orders,
    toUInt64(both) AS orders_with_both,
    toUInt64(n) AS all_orders,
    both / n AS support,
    both / with_one AS confidence,
    both * n / with_one / with_other AS lift,
    -- Rounding errors of independent products may give a number just below 0.
    round(greatest(0, ratio), 6) AS g2,
    least(1, erfc(sqrt(g2 / 2)) * tested_pairs) AS p_value,
    tested_pairs
FROM tested
LEFT JOIN titles AS first_titles ON one = first_titles.product_id
LEFT JOIN titles AS other_titles ON other = other_titles.product_id
ORDER BY g2 DESC, product, other_product
LIMIT {limit:UInt64}
