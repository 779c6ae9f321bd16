-- For analysts: what was sold and what came back, by day (UTC), product and currency. The same sums as the report
-- `sales`: lines after discounts, without tax, shipping and charges.
CREATE OR REPLACE VIEW sales_by_day
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(occurred_at, 'UTC') AS day,
    product_id,
    seller_id,
    category_path,
    currency,
    sumIf(quantity, kind = 'SALE') AS units,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS net,
    uniqExactIf(order_id, kind = 'SALE') AS orders
FROM order_facts FINAL
WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
GROUP BY day, product_id, seller_id, category_path, currency
