-- Orders: one row for each product of each order, without lines whose units were all cancelled.
WITH cancelled AS
(
    SELECT order_item_id
    FROM order_facts FINAL
    WHERE kind IN ('SALE', 'CANCEL') AND occurred_at < {as_of:DateTime64(3, 'UTC')}
    GROUP BY order_item_id
    HAVING sumIf(quantity, kind = 'CANCEL') >= sumIf(quantity, kind = 'SALE')
)
SELECT
    order_id,
    product_id,
    toUnixTimestamp(min(occurred_at)) AS ordered_at
FROM order_facts FINAL
WHERE kind = 'SALE' AND occurred_at < {as_of:DateTime64(3, 'UTC')} AND product_id > 0 AND order_item_id NOT IN (SELECT order_item_id FROM cancelled)
GROUP BY order_id, product_id
ORDER BY order_id, product_id
