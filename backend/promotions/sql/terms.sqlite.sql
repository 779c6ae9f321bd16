-- The automatic promotions of a moment, and those of the codes in a cart, whatever their state.
-- The account's id or NULL, the hash of the guest's token or an empty text, the key of the customer's uses, and
-- twice the moment.
WITH entered AS (
    SELECT code.id, code.code, code.promotion_id, code.max_uses, code.uses
    FROM promotions_cartcode AS cart
    JOIN promotions_promotioncode AS code ON code.id = cart.code_id
    WHERE cart.user_id = %s OR cart.guest = NULLIF(%s, '')
    -- Requests at the same time can enter more than a cart holds.
    ORDER BY cart.id
    LIMIT 5
)
SELECT
    promotion.*,
    entered.code AS cart_code,
    entered.max_uses AS code_max_uses,
    entered.uses AS code_uses,
    used.uses AS customer_uses,
    (
        SELECT json_group_object(category.id, category.path)
        FROM catalog_category AS category
        WHERE category.id IN (
            SELECT value FROM json_each(promotion.target, '$.categories')
            UNION SELECT value FROM json_each(promotion.bought, '$.categories')
            UNION SELECT value FROM json_each(promotion.excluded, '$.categories')
        )
    ) AS category_paths
FROM promotions_promotion AS promotion
LEFT JOIN entered ON entered.promotion_id = promotion.id
LEFT JOIN promotions_customeruse AS used ON used.promotion_id = promotion.id AND used.owner = %s
WHERE entered.id IS NOT NULL
    OR (
        promotion.is_active
        AND NOT promotion.code_required
        AND promotion.starts_at <= %s
        AND (promotion.ends_at IS NULL OR promotion.ends_at > %s)
    )
