-- A movement of the order ledger for each `order` event.
INSERT INTO order_facts
(
    movement_id, kind, occurred_at, order_id, product_id, seller_id, quantity, amount, currency, shopper_key, version
)
SELECT
    order_id, 'SALE', occurred_at, order_id, product_id, 1 + product_id % 20, 1, 10 + product_id % 90, 'EUR',
    shopper_key, 1
FROM events FINAL
WHERE type = 'order'
