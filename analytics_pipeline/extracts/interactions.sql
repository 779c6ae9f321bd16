-- Who met which product, on which day and how strongly: one row a shopper, product and day with the strongest
-- of what happened. A guest who logged in is the account from the beginning.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nobody,
    links AS
    (
        SELECT anonymous_key, argMin(shopper_key, linked_at) AS account_key
        FROM shopper_links
        WHERE linked_at < {as_of:DateTime64(3, 'UTC')}
        GROUP BY anonymous_key
    ),
    met AS
    (
        SELECT
            shopper_key,
            product_id,
            occurred_at,
            transform(type, {kinds:Array(String)}, {weights:Array(Float64)}, 0.) AS weight
        FROM events FINAL
        WHERE day <= toDate({as_of:DateTime64(3, 'UTC')}) AND type IN {kinds:Array(String)}
        UNION ALL
        SELECT
            if(customer_key = nobody, shopper_key, customer_key) AS shopper_key,
            product_id,
            occurred_at,
            {sale_weight:Float64} AS weight
        FROM order_facts FINAL
        WHERE kind = 'SALE'
    )
SELECT
    toString(if(links.account_key = nobody, met.shopper_key, links.account_key)) AS shopper,
    met.product_id AS product_id,
    toDate(met.occurred_at) AS day,
    toUnixTimestamp(max(met.occurred_at)) AS met_at,
    max(met.weight) AS weight
FROM met
LEFT JOIN links ON links.anonymous_key = met.shopper_key
WHERE met.shopper_key != nobody AND met.product_id > 0 AND met.occurred_at < {as_of:DateTime64(3, 'UTC')}
GROUP BY shopper, product_id, day
ORDER BY met_at, shopper, product_id
