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
        SELECT json_object_agg(category.id, category.path)::text
        FROM catalog_category AS category
        WHERE category.id IN (
            SELECT jsonb_array_elements_text(
                COALESCE(promotion.target -> 'categories', '[]')
                || COALESCE(promotion.bought -> 'categories', '[]')
                || COALESCE(promotion.excluded -> 'categories', '[]')
            )::bigint
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
