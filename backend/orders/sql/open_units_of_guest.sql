SELECT SUM(reservation.quantity - reservation.fulfilled - reservation.released)
FROM orders_orderitem AS item
JOIN orders_order AS earlier ON earlier.id = item.order_id
JOIN inventory_reservation AS reservation ON reservation.id = item.reservation_id
WHERE item.product_id = catalog_variant.product_id
    AND (earlier.guest = %s OR (earlier.user_id IS NULL AND LOWER(earlier.email) = LOWER(%s)))
    AND reservation.state IN ('HELD', 'COMMITTED')
