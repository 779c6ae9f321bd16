-- Counters and sums that differ from the rows that they count: what it is, the id of its row, its value, and the sum.
-- The tolerance is for SQLite, which adds decimals as floats.
WITH counters AS
(
    SELECT 'stock of variant' AS what, variant.id AS id, variant.stock AS found,
        (SELECT SUM(effect) FROM inventory_inventorytransaction WHERE variant_id = variant.id) AS expected
    FROM catalog_variant AS variant
    UNION ALL
    SELECT 'reserved of variant', variant.id, variant.reserved,
        (SELECT SUM(quantity - fulfilled - released - short) FROM inventory_reservation
         WHERE variant_id = variant.id AND state IN ('HELD', 'COMMITTED'))
    FROM catalog_variant AS variant
    UNION ALL
    SELECT 'quantity of reservation', reservation.id, reservation.quantity, item.quantity
    FROM orders_orderitem AS item
    JOIN inventory_reservation AS reservation ON reservation.id = item.reservation_id
    UNION ALL
    SELECT 'released of reservation', reservation.id, reservation.released, item.cancelled
    FROM orders_orderitem AS item
    JOIN inventory_reservation AS reservation ON reservation.id = item.reservation_id
    UNION ALL
    SELECT 'fulfilled of reservation', reservation.id, reservation.fulfilled,
        (SELECT SUM(quantity) FROM orders_shipmentitem WHERE item_id = item.id)
    FROM orders_orderitem AS item
    JOIN inventory_reservation AS reservation ON reservation.id = item.reservation_id
    UNION ALL
    SELECT 'shipped of item', item.id, item.shipped,
        (SELECT SUM(quantity) FROM orders_shipmentitem WHERE item_id = item.id)
    FROM orders_orderitem AS item
    UNION ALL
    SELECT 'returned of item', item.id, item.returned,
        (SELECT SUM(resellable + damaged) FROM orders_returnitem WHERE item_id = item.id)
    FROM orders_orderitem AS item
    UNION ALL
    SELECT 'units of item in movements', item.id,
        CASE WHEN EXISTS (
            SELECT 1 FROM orders_orderstatushistory
            WHERE order_id = item.order_id AND status = 'CONFIRMED'
        ) THEN item.quantity - item.cancelled - item.returned ELSE 0 END,
        (SELECT SUM(CASE kind WHEN 'SALE' THEN quantity ELSE -quantity END) FROM orders_movement
         WHERE order_item_id = item.id AND kind IN ('SALE', 'CANCEL', 'RETURN'))
    FROM orders_orderitem AS item
    UNION ALL
    SELECT 'subtotal of order', placed.id, placed.subtotal,
        (SELECT SUM(total_price) FROM orders_orderitem WHERE order_id = placed.id)
    FROM orders_order AS placed
    UNION ALL
    SELECT 'tax of order', placed.id, placed.tax_amount,
        (SELECT SUM(tax_amount) FROM orders_orderitem WHERE order_id = placed.id)
            + COALESCE((SELECT SUM(tax_amount) FROM orders_orderadjustment
                        WHERE order_id = placed.id AND item_id IS NULL), 0)
    FROM orders_order AS placed
    UNION ALL
    SELECT 'total of order', placed.id, placed.total_amount,
        placed.subtotal + placed.shipping_cost + placed.charges
            + CASE WHEN placed.prices_include_tax THEN 0 ELSE placed.tax_amount END
    FROM orders_order AS placed
    UNION ALL
    SELECT 'captured of payment', payment.row_number, payment.captured,
        (SELECT SUM(amount) FROM payments_paymentevent
         WHERE payment_id = payment.id AND kind = 'CAPTURED' AND problem = '')
    FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS row_number FROM payments_payment) AS payment
    UNION ALL
    SELECT 'refunded of payment', payment.row_number, payment.refunded,
        (SELECT SUM(amount) FROM payments_paymentevent
         WHERE payment_id = payment.id AND kind = 'REFUNDED' AND problem = '')
    FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS row_number FROM payments_payment) AS payment
)
SELECT what, id, found, COALESCE(expected, 0)
FROM counters
WHERE ABS(found - COALESCE(expected, 0)) > 0.00005
ORDER BY what, id
