-- Pairs of queries that led to the same products: a product was clicked or put into a cart from a list of
-- search results, by the shopper to whom the list was shown, who isn't a known bot. `lift` compares how often
-- both queries led to the same product with what two unrelated queries would: about 1 for these.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    lists AS
    (
        SELECT
            event_id,
            lowerUTF8(trim(query)) AS query,
            if(known.account_key != nil, known.account_key, events.shopper_key) AS shopper,
            product_ids
        FROM events FINAL
        LEFT JOIN shopper_identities AS known ON events.shopper_key = known.anonymous_key
        WHERE day BETWEEN {since:Date} AND {until:Date}
          AND type = 'exposure' AND surface = 'search' AND query != '' AND events.shopper_key != nil AND NOT is_bot
    ),
    choices AS
    (
        SELECT
            exposure_id,
            product_id,
            if(known.account_key != nil, known.account_key, events.shopper_key) AS shopper
        FROM events FINAL
        LEFT JOIN shopper_identities AS known ON events.shopper_key = known.anonymous_key
        WHERE day BETWEEN {since:Date} AND {until:Date} AND type IN ('click', 'carted') AND exposure_id != nil AND NOT is_bot
    ),
    chosen AS
    (
        SELECT DISTINCT lists.query AS query, choices.product_id AS product_id, choices.shopper AS shopper
        FROM choices
        INNER JOIN lists ON choices.exposure_id = lists.event_id
        WHERE choices.shopper = lists.shopper AND has(lists.product_ids, choices.product_id)
    ),
    queries AS
    (
        SELECT query, uniqExact(shopper) AS shoppers, count() AS choices
        FROM chosen
        GROUP BY query
        HAVING shoppers >= {least_shoppers:UInt64}
    ),
    products AS
    (
        SELECT product_id, count() AS choices FROM chosen GROUP BY product_id
    ),
    led AS
    (
        SELECT query, product_id, count() AS shoppers
        FROM chosen
        WHERE query IN (SELECT query FROM queries)
        GROUP BY query, product_id
        HAVING shoppers >= {least_shoppers_a_product:UInt64}
        ORDER BY shoppers DESC, query
        LIMIT {most_queries_a_product:UInt64} BY product_id
    )
SELECT
    first.query AS first_query,
    second.query AS second_query,
    any(first_totals.shoppers) AS first_shoppers,
    any(second_totals.shoppers) AS second_shoppers,
    count() AS common_products,
    sum(
        first.shoppers / first_totals.choices * second.shoppers / second_totals.choices
        / (products.choices / (SELECT count() FROM chosen))
    ) AS lift
FROM led AS first
INNER JOIN led AS second ON first.product_id = second.product_id
INNER JOIN products ON first.product_id = products.product_id
INNER JOIN queries AS first_totals ON first.query = first_totals.query
INNER JOIN queries AS second_totals ON second.query = second_totals.query
WHERE first.query < second.query
GROUP BY first_query, second_query
HAVING common_products >= {least_products:UInt64} AND lift >= {least_lift:Float64}
ORDER BY common_products DESC, lift DESC, first_query, second_query
LIMIT {limit:UInt64}
