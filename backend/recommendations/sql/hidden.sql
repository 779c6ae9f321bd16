SELECT item.product_id
FROM asked
JOIN orders_order AS placed ON placed.user_id = asked.user_id AND placed.status <> 'CANCELLED' AND NOT asked.bought_too
JOIN orders_orderitem AS item ON item.order_id = placed.id
UNION ALL
SELECT variant.product_id
FROM asked
JOIN carts_cart AS cart ON cart.user_id = asked.user_id
JOIN carts_cartitem AS line ON line.cart_id = cart.id
JOIN catalog_variant AS variant ON variant.id = line.variant_id
UNION ALL
SELECT variant.product_id
FROM asked
JOIN carts_cart AS cart ON cart.guest = asked.guest AND NOT (cart.guest = '')
JOIN carts_cartitem AS line ON line.cart_id = cart.id
JOIN catalog_variant AS variant ON variant.id = line.variant_id
