SELECT variant.product_id
FROM (
    SELECT line.variant_id, line.added_at, line.id
    FROM carts_cart AS cart
    JOIN carts_cartitem AS line ON line.cart_id = cart.id
    WHERE cart.user_id = %s
    UNION ALL
    SELECT line.variant_id, line.added_at, line.id
    FROM carts_cart AS cart
    JOIN carts_cartitem AS line ON line.cart_id = cart.id
    WHERE cart.guest = %s AND NOT (cart.guest = '')
) AS line
JOIN catalog_variant AS variant ON variant.id = line.variant_id
ORDER BY line.added_at DESC, line.id DESC
