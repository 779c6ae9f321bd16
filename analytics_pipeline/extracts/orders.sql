-- Orders: one row for each product of each order, without lines whose units were all cancelled. The buyer of a
-- guest's order is the account to which the guest was linked later, else the guest; '' if the guest isn't known.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    links AS
    (
        SELECT anonymous_key, account_key
        FROM shopper_identities
        WHERE linked_at < {as_of:DateTime64(3, 'UTC')}
    ),
    cancelled AS
    (
        SELECT order_item_id
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL') AND occurred_at < {as_of:DateTime64(3, 'UTC')}
        GROUP BY order_item_id
        HAVING sumIf(quantity, kind = 'CANCEL') >= sumIf(quantity, kind = 'SALE')
    )
SELECT
    sales.order_id AS order_id,
    sales.product_id AS product_id,
    toUnixTimestamp(min(sales.occurred_at)) AS ordered_at,
    max(sales.customer_key != nil OR links.account_key != nil) AS by_account,
    any(multiIf(sales.customer_key != nil, sales.customer_key, links.account_key != nil, links.account_key, sales.shopper_key)) AS key,
    if(key = nil, '', toString(key)) AS buyer
FROM
(
    SELECT order_id, product_id, occurred_at, customer_key, shopper_key
    FROM order_facts FINAL
    WHERE kind = 'SALE' AND occurred_at < {as_of:DateTime64(3, 'UTC')} AND product_id > 0 AND order_item_id NOT IN (SELECT order_item_id FROM cancelled)
) AS sales
LEFT JOIN links ON links.anonymous_key = sales.shopper_key
GROUP BY order_id, product_id
ORDER BY order_id, product_id
