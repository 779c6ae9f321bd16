-- The account's id or NULL, then the hash of the guest's token or an empty text.
DELETE FROM carts_cartitem
WHERE cart_id IN (SELECT id FROM carts_cart WHERE user_id = %s OR guest = NULLIF(%s, ''))
RETURNING *
