-- When each shopper bought something first, which is when the order was placed, and whether the shopper has an account, for the breakdown `customer_type`;
-- no rows for another one. A guest's purchases are those of the account that the guest turned out to be.
CREATE OR REPLACE VIEW first_purchases AS
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil
SELECT buyer, min(bought_at) AS first_at, max(has_account) AS is_account
FROM
(
    SELECT
        multiIf(customer_key != nil, customer_key, known.account_key != nil, known.account_key, facts.shopper_key)
            AS buyer,
        -- Rows of earlier releases have no placed_at.
        if(placed_at = toDateTime64(0, 3, 'UTC'), occurred_at, placed_at) AS bought_at,
        customer_key != nil AS has_account
    FROM (SELECT * FROM order_facts FINAL WHERE kind = 'SALE' AND {breakdown:String} = 'customer_type') AS facts
    LEFT JOIN shopper_identities AS known ON facts.shopper_key = known.anonymous_key
    UNION ALL
    SELECT shopper_key, toDateTime64('2149-06-06 00:00:00', 3, 'UTC'), true
    FROM shopper_links
    WHERE {breakdown:String} = 'customer_type'
)
GROUP BY buyer
