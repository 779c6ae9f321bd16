-- Interactions: one row for each shopper, product and day, with the weight of the strongest interaction.
-- Events of a guest before a login count for the account; those of known bots don't count. A sale whose units
-- were all cancelled is an interaction, but no purchase.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    links AS
    (
        SELECT anonymous_key, account_key
        FROM shopper_identities
        WHERE linked_at < {as_of:DateTime64(3, 'UTC')}
    ),
    cancelled AS
    (
        SELECT order_item_id
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL') AND occurred_at < {as_of:DateTime64(3, 'UTC')}
        GROUP BY order_item_id
        HAVING sumIf(quantity, kind = 'CANCEL') >= sumIf(quantity, kind = 'SALE')
    ),
    interacted AS
    (
        SELECT
            shopper_key,
            product_id,
            reported_at AS occurred_at,
            arrived_at,
            source_key,
            transform(type, {kinds:Array(String)}, {weights:Array(Float64)}, 0.) AS weight,
            0 AS is_purchase
        FROM events FINAL
        WHERE day <= toDate({as_of:DateTime64(3, 'UTC')}) + 8 AND type IN {kinds:Array(String)} AND NOT is_bot
        UNION ALL
        SELECT
            if(customer_key = nil, shopper_key, customer_key) AS shopper_key,
            product_id,
            occurred_at,
            occurred_at AS arrived_at,
            0 AS source_key,
            {sale_weight:Float64} AS weight,
            order_item_id NOT IN (SELECT order_item_id FROM cancelled) AS is_purchase
        FROM order_facts FINAL
        WHERE kind = 'SALE'
    )
SELECT
    toString(if(links.account_key = nil, interacted.shopper_key, links.account_key)) AS shopper,
    interacted.product_id AS product_id,
    toDate(interacted.occurred_at) AS day,
    toUnixTimestamp(max(interacted.occurred_at)) AS interacted_at,
    max(interacted.weight) AS weight,
    toUnixTimestamp(min(interacted.arrived_at)) AS arrived_at,
    argMax(interacted.source_key, interacted.weight) AS source_key,
    max(interacted.is_purchase) AS is_purchase
FROM interacted
LEFT JOIN links ON links.anonymous_key = interacted.shopper_key
WHERE interacted.shopper_key != nil AND interacted.product_id > 0 AND interacted.occurred_at < {as_of:DateTime64(3, 'UTC')}
GROUP BY shopper, product_id, day
ORDER BY interacted_at, shopper, product_id
