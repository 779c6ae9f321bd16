-- For analysts: what shoppers did with products, each interaction once. A view and a wish come from clients, an addition
-- to a cart, a purchase and a rating from the shop itself. `value` is the units that were added or bought, or the stars of a
-- rating, else 1. A rating is that of a published review, at the time when it was last changed; ratings that clients report
-- are none. A guest who logged in is the account. Interactions of known bots and of shoppers without an id are left out. A
-- purchase stays one when it is cancelled or returned.
CREATE OR REPLACE VIEW user_product_interactions
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    interacted AS
    (
        SELECT
            toString(event_id) AS interaction_id,
            shopper_key,
            product_id,
            transform(
                type,
                ['view', 'carted', 'wishlist_add'],
                ['VIEW', 'ADD_TO_CART', 'WISHLIST'],
                ''
            ) AS interaction_type,
            toFloat64(if(type = 'carted', quantity, 1)) AS value,
            day,
            reported_at AS interacted_at
        FROM events FINAL
        WHERE type IN ('view', 'carted', 'wishlist_add') AND NOT is_bot
        UNION ALL
        SELECT
            concat('movement ', toString(movement_id)) AS interaction_id,
            if(customer_key = nil, shopper_key, customer_key) AS shopper_key,
            product_id,
            'PURCHASE' AS interaction_type,
            toFloat64(quantity) AS value,
            toDate(occurred_at, 'UTC') AS day,
            toDateTime64(occurred_at, 3, 'UTC') AS interacted_at
        FROM order_facts FINAL
        WHERE kind = 'SALE'
        UNION ALL
        SELECT
            concat('review ', toString(review_id)) AS interaction_id,
            shopper_key,
            product_id,
            'RATING' AS interaction_type,
            toFloat64(rating) AS value,
            toDate(rated_at, 'UTC') AS day,
            rated_at AS interacted_at
        FROM product_ratings FINAL
        WHERE is_published
    )
SELECT
    interacted.interaction_id AS interaction_id,
    if(known.account_key = nil, interacted.shopper_key, known.account_key) AS user_key,
    interacted.product_id AS product_id,
    interacted.interaction_type AS interaction_type,
    interacted.value AS value,
    interacted.day AS day,
    interacted.interacted_at AS timestamp
FROM interacted
LEFT JOIN shopper_identities AS known ON interacted.shopper_key = known.anonymous_key
WHERE interacted.shopper_key != nil AND interacted.product_id > 0
