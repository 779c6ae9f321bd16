-- Takes uses as far as the caps allow, and empties the cart's codes. Returns what was taken.
-- A promotion without a cap is only kept from being deleted, or getting one, until the order is committed: many
-- orders can hold this lock, and the key of the use would take it anyway.
-- Rows are locked in the order promotions by id, codes by text, customers by promotion: each count() makes a
-- part wait for the one before it.
WITH wanted AS (
    SELECT * FROM unnest(%(promotions)s::bigint[], %(units)s::integer[]) AS wanted (id, units)
),
locked AS (
    SELECT promotion.id
    FROM promotions_promotion AS promotion
    WHERE promotion.id IN (SELECT id FROM wanted)
    ORDER BY promotion.id
    FOR NO KEY UPDATE
),
taken AS (
    UPDATE promotions_promotion AS promotion
    SET units_used = promotion.units_used + wanted.units, uses = promotion.uses + 1
    FROM wanted
    WHERE promotion.id = wanted.id
        AND (SELECT COUNT(*) FROM locked) >= 0
        AND (promotion.unit_cap IS NULL OR promotion.units_used + wanted.units <= promotion.unit_cap)
        AND (promotion.use_cap IS NULL OR promotion.uses < promotion.use_cap)
    RETURNING promotion.id
),
kept AS (
    SELECT promotion.id
    FROM promotions_promotion AS promotion
    WHERE promotion.id = ANY(%(uncounted)s::bigint[])
        AND promotion.unit_cap IS NULL
        AND promotion.use_cap IS NULL
        AND (SELECT COUNT(*) FROM taken) >= 0
    ORDER BY promotion.id
    FOR KEY SHARE
),
locked_codes AS (
    SELECT code.id
    FROM promotions_promotioncode AS code
    WHERE code.code = ANY(%(codes)s::text[]) AND (SELECT COUNT(*) FROM kept) >= 0
    ORDER BY code.code
    FOR NO KEY UPDATE
),
taken_codes AS (
    UPDATE promotions_promotioncode AS code
    SET uses = code.uses + 1
    WHERE code.code = ANY(%(codes)s::text[])
        AND (SELECT COUNT(*) FROM locked_codes) >= 0
        AND code.uses < code.max_uses
    RETURNING code.promotion_id
),
taken_customers AS (
    INSERT INTO promotions_customeruse AS used (promotion_id, owner, uses)
    SELECT id, %(owner)s, 1
    FROM unnest(%(of_customer)s::bigint[]) AS each (id)
    WHERE (SELECT COUNT(*) FROM taken_codes) >= 0
    ORDER BY id
    ON CONFLICT (promotion_id, owner) DO UPDATE SET uses = used.uses + 1
    WHERE used.uses < COALESCE(
        (SELECT customer_use_cap FROM promotions_promotion WHERE id = used.promotion_id), 2147483647
    )
    RETURNING promotion_id
),
emptied AS (
    DELETE FROM promotions_cartcode
    WHERE user_id = %(user_id)s::bigint OR guest = NULLIF(%(guest)s, '')
)
SELECT 'promotion', id FROM taken
UNION ALL
SELECT 'promotion', id FROM kept
UNION ALL
SELECT 'code', promotion_id FROM taken_codes
UNION ALL
SELECT 'customer', promotion_id FROM taken_customers
